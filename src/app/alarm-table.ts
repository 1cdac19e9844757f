import type { Level } from '../contracts.ts'

interface AlarmDefinition {
  readonly id: string
  readonly title: string
  readonly level: Level
  readonly tags: readonly string[]
  /** A condition lasts until it is over; a moment is over when it does not come again for an hour. */
  readonly kind: 'condition' | 'moment'
}

/** What the service says about itself through the same alerts as the rules: loss, blindness and silence are findings too. */
export const alarmTable = {
  body_too_large: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a01',
    title: 'A batch of audit events was too large and will be lost',
    level: 'high',
    tags: ['attack.t1685.002'],
    kind: 'moment',
  },
  sender_silent: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a02',
    title: 'A cluster has stopped sending audit events',
    level: 'high',
    tags: ['attack.t1685.002'],
    kind: 'condition',
  },
  apiserver_silent: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a04',
    title: 'One of several API servers has stopped sending audit events',
    level: 'medium',
    tags: ['attack.t1685.002'],
    kind: 'condition',
  },
  apiserver_events_low: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a05',
    title: 'An API server sends far fewer audit events than usual',
    level: 'medium',
    tags: ['attack.t1685.002'],
    kind: 'condition',
  },
  apiserver_restarted: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a06',
    title: 'An API server was restarted',
    level: 'informational',
    tags: [],
    kind: 'moment',
  },
  events_lost: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a07',
    title: 'An API server has lost audit events',
    level: 'high',
    tags: ['attack.t1685.002'],
    kind: 'moment',
  },
  events_unaccounted: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a08',
    title: 'API servers sent audit events that did not come',
    level: 'high',
    tags: ['attack.t1685.002'],
    kind: 'moment',
  },
  rule_disabled: {
    id: 'b2b0a5b6-2d0e-4b52-9d0e-0d6a3f1f0a03',
    title: 'A rule failed and was switched off',
    level: 'medium',
    tags: [],
    kind: 'condition',
  },
} as const satisfies Record<string, AlarmDefinition>

export type AlarmCode = keyof typeof alarmTable
