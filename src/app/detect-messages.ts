import type { MessagePort } from 'node:worker_threads'
import type { Labels, MetricName } from '../contracts.ts'
import type { RuleFile, RuleSelection } from './rule-files.ts'

/** What the detecting thread is started with. */
export interface DetectWorkerData {
  readonly logDirectory: string
  readonly logPort: MessagePort
  readonly rules: RuleOrder
}

/** A rule set to use, as text: it is compiled where it runs. */
export interface RuleOrder {
  readonly files: readonly RuleFile[]
  readonly mapping: RuleFile
  readonly minimumLevel: RuleSelection['minimumLevel']
  readonly placeholders: RuleSelection['placeholders']
}

export type ToDetectWorker =
  | { readonly kind: 'rules'; readonly order: RuleOrder; readonly number: number }
  | { readonly kind: 'stop' }

export type FromDetectWorker =
  | { readonly kind: 'started'; readonly rules: number }
  | { readonly kind: 'rules'; readonly number: number; readonly rules: number }
  | {
      readonly kind: 'measurements'
      readonly adds: readonly Measurement[]
      readonly observations: readonly Measurement[]
    }
  | { readonly kind: 'ruleFailed'; readonly rule: string; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'stopped' }

export interface Measurement {
  readonly name: MetricName
  readonly value: number
  readonly labels?: Labels
}
