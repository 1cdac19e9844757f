import type { ManifestsConfig } from '../config/roles.ts'
import type { RolesAnswer, RolesQuestion } from '../web/roles.ts'
import type { LogAccess } from './log-access.ts'

/** What an observing thread is started with. */
export interface ObserveWorkerData {
  readonly access: LogAccess
  readonly manifests: readonly ManifestsConfig[]
}

export type ToObserveWorker =
  | { readonly kind: 'ask'; readonly id: number; readonly question: RolesQuestion }
  | { readonly kind: 'stop' }

export type FromObserveWorker =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: RolesAnswer }
  /** It has read what was saved, and reads on. */
  | { readonly kind: 'running' }
  | { readonly kind: 'stateDropped'; readonly records: number }
  | { readonly kind: 'unreadable'; readonly reason: string }
