import type { Level } from './rule.ts'

export interface AlertTarget {
  readonly apiGroup?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

export interface AlertReason {
  readonly selection: string
  readonly field: string
  readonly value: string
}

/** What people see; the JSON of every sink (interface contract, `kubewitness.alert/v1`). Same inputs give the same id. */
export interface Alert {
  readonly schema: 'kubewitness.alert/v1'
  readonly id: string
  /** 1 when opened, then counting up; the highest revision of an id is the alert. */
  readonly revision: number
  readonly status: 'open' | 'updated' | 'closed'
  readonly rule: {
    readonly id: string
    readonly name: string
    readonly title: string
    readonly level: Level
    readonly tags: readonly string[]
  }
  readonly cluster: string
  readonly actor: string
  readonly effectiveUser: string
  readonly peerIp: string
  readonly userAgent: string
  readonly target: AlertTarget
  /** RFC 3339 with six decimals, UTC. */
  readonly firstSeen: string
  readonly lastSeen: string
  readonly count: number
  readonly events: readonly {
    readonly id: string
    readonly auditID: string
    readonly stage: string
  }[]
  readonly group: Readonly<Record<string, string>>
  readonly summary: string
  readonly why: readonly AlertReason[]
  /** Time of the event that opened it: the one time that no revision changes. */
  readonly openedAt?: string
  /** The different objects that it is about, up to 20; absent when `target` is the only one. */
  readonly targets?: readonly AlertTarget[]
  /** The different peer addresses, up to 20; absent when `peerIp` is the only one. */
  readonly peerIps?: readonly string[]
  /** Requests that `count` has and `events` has not, because the list was full. */
  readonly requestsOmitted?: number
  /** Events of a window were given up: there may have been more than `count`. */
  readonly isCut?: true
  /** The level of the revision before, if this one has another. */
  readonly previousLevel?: Level
  /** Why it is closed. */
  readonly closedBecause?: ClosingReason
  /** Only as sinks see it: the sink was not told of it before, because it was silenced or inhibited. */
  readonly resumed?: true
  /** What one actor did, by several rules: an alert about alerts. */
  readonly kind?: 'story'
  /** Of a story: the alerts that it is made of, in order of time, up to a bound. */
  readonly story?: readonly StoryStep[]
}

/**
 * `quiet`: no more matches came. `duration`: it was open as long as any may be, and the next match opens another.
 * `evicted`: more were open than are kept. `end`: the input has ended (offline).
 * `over`: what the service itself watched is over: what was silent speaks again.
 */
export type ClosingReason = 'quiet' | 'duration' | 'evicted' | 'end' | 'over'

export interface StoryStep {
  /** Its id. */
  readonly alert: string
  readonly rule: { readonly id: string; readonly name: string; readonly level: Level }
  /** Name of the ATT&CK tactic. */
  readonly tactic: string
  readonly techniques: readonly string[]
  readonly firstSeen: string
  readonly summary: string
}
