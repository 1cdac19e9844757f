import type { Labels, Logger, MetricName } from '../contracts.ts'
import type { SinkConfig } from '../sinks/table.ts'
import type { LogAccess } from './log-access.ts'

/** What an archiving thread is started with. */
export interface ArchiveWorkerData {
  readonly access: LogAccess
  readonly sink: SinkConfig
}

/** `stop`: read no more, and finish what is on its way; `abandon`: leave that, too. */
export type ToArchiveWorker = 'stop' | 'abandon'

export type FromArchiveWorker =
  | {
      readonly kind: 'measured'
      readonly as: 'add' | 'set' | 'observe'
      readonly name: MetricName
      readonly value: number
      readonly labels: Labels
    }
  | {
      readonly kind: 'said'
      readonly level: keyof Logger
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>>
    }
