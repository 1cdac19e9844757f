import type { MessagePort } from 'node:worker_threads'
import type { Clock, Log } from '../contracts.ts'
import { attachSqliteLog } from '../log/sqlite.ts'
import type { LogLevel } from '../util/logger.ts'
import type { KafkaLogSettings } from './kafka-log.ts'

/** What another thread of this process needs to use the log: plain data, and a port that is handed over with it. */
export type LogAccess =
  | { readonly kind: 'sqlite'; readonly directory: string; readonly port: MessagePort }
  | {
      readonly kind: 'kafka'
      readonly settings: KafkaLogSettings
      readonly logLevel: LogLevel
    }

/** What goes to the other thread instead of being copied. */
export function portsOf(access: LogAccess): readonly MessagePort[] {
  return access.kind === 'sqlite' ? [access.port] : []
}

/** In the other thread: the log, not yet started. Stopping it ends this thread's use of it only. */
export async function attachLog(access: LogAccess, clock: Clock): Promise<Log> {
  switch (access.kind) {
    case 'sqlite':
      return attachSqliteLog({ ...access, clock })
    case 'kafka': {
      // Loaded where it is used: with its libraries it takes each thread some 30 MB.
      const { openKafkaLog } = await import('./kafka-log.ts')
      const { createLogger } = await import('../util/logger.ts')
      return openKafkaLog(access.settings, { clock, logger: createLogger(access.logLevel) })
    }
    default:
      return access satisfies never
  }
}
