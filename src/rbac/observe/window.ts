import { auditLevels, auditStages } from '../../audit/policy/types.ts'
import { resourceVerbs } from '../resource-verbs.ts'

const minuteUs = 60_000_000
/** Stretches of time told apart. */
const maxStretches = 2048
/** Silence of this many stretches, and at least ten minutes, is a gap: an API server talks of its own every few seconds. */
const gapStretches = 3
const gapMinutes = 10
/** Anything else is counted together. */
const known = {
  stages: new Set<string>(auditStages),
  auditLevels: new Set<string>(auditLevels),
  verbs: new Set(resourceVerbs),
}
const other = 'other'

export interface ObservationGap {
  readonly fromUs: number
  readonly toUs: number
}

export interface WindowValue {
  readonly cluster: string
  readonly firstUs: number | null
  readonly lastUs: number | null
  /** The length of a stretch in minutes, a power of two, and the numbers of those in which something came, since 1970. */
  readonly stretchMinutes: number
  readonly stretches: readonly number[]
  readonly stages: Readonly<Record<string, number>>
  readonly auditLevels: Readonly<Record<string, number>>
  /** Events of requests for a resource. */
  readonly verbs: Readonly<Record<string, number>>
  readonly nonResource: number
  /** Events with no decision of an authorizer where one is usual. */
  readonly undecided: number
}

/** What the window counts of an event, apart from its stage and time. */
export interface WindowTraits {
  readonly auditLevel: string
  readonly verb: string
  readonly isResource: boolean
  /** There is no decision where one is usual. */
  readonly isUndecided: boolean
}

interface Counter {
  events: number
}

/** The counters of events with the same traits. */
export interface WindowCounters {
  readonly auditLevel: Counter
  readonly kind: Counter
  readonly isUndecided: boolean
}

/**
 * When and how one cluster was watched. The stretches double in length when there are too many of them, so that years fit, and
 * depend on nothing but the set of times.
 */
export class ObservationWindow {
  readonly cluster: string
  #firstUs = Infinity
  #lastUs = -Infinity
  #stretchMinutes = 1
  #stretches = new Set<number>()
  #lastStretch = NaN
  readonly #stages = new Map<string, Counter>()
  readonly #auditLevels = new Map<string, Counter>()
  readonly #verbs = new Map<string, Counter>()
  readonly #nonResource: Counter = { events: 0 }
  #undecided = 0

  constructor(cluster: string) {
    this.cluster = cluster
  }

  countersOf({ auditLevel, verb, isResource, isUndecided }: WindowTraits): WindowCounters {
    return {
      auditLevel: counterOf(
        this.#auditLevels,
        known.auditLevels.has(auditLevel) ? auditLevel : other,
      ),
      kind: isResource
        ? counterOf(this.#verbs, known.verbs.has(verb) ? verb : other)
        : this.#nonResource,
      isUndecided,
    }
  }

  add({ auditLevel, kind, isUndecided }: WindowCounters, stage: string, timeUs: number): void {
    counterOf(this.#stages, known.stages.has(stage) ? stage : other).events += 1
    auditLevel.events += 1
    kind.events += 1
    if (isUndecided && stage !== 'RequestReceived') this.#undecided += 1
    this.#see(timeUs)
  }

  merge(from: ObservationWindow): void {
    if (from.#stretchMinutes > this.#stretchMinutes) this.#coarsen(from.#stretchMinutes)
    for (const stretch of from.#stretches)
      this.#addStretch(Math.floor((stretch * from.#stretchMinutes) / this.#stretchMinutes))
    this.#firstUs = Math.min(this.#firstUs, from.#firstUs)
    this.#lastUs = Math.max(this.#lastUs, from.#lastUs)
    addCounters(this.#stages, from.#stages)
    addCounters(this.#auditLevels, from.#auditLevels)
    addCounters(this.#verbs, from.#verbs)
    this.#nonResource.events += from.#nonResource.events
    this.#undecided += from.#undecided
  }

  /** From the first event to the last one, in microseconds; 0 before any came. */
  get lengthUs(): number {
    return Math.max(0, this.#lastUs - this.#firstUs)
  }

  /** Events with no decision of an authorizer where one is usual. */
  get undecided(): number {
    return this.#undecided
  }

  /** Stretches of silence between the first and the last event. */
  gaps(): readonly ObservationGap[] {
    const stretchUs = this.#stretchMinutes * minuteUs
    const least = Math.max(gapStretches, Math.ceil(gapMinutes / this.#stretchMinutes))
    const sorted = [...this.#stretches].sort((a, b) => a - b)
    return sorted.flatMap((stretch, at) => {
      const next = sorted[at + 1] ?? stretch + 1
      return next - stretch - 1 < least
        ? []
        : [{ fromUs: (stretch + 1) * stretchUs, toUs: next * stretchUs }]
    })
  }

  toValue(): WindowValue {
    return {
      cluster: this.cluster,
      firstUs: Number.isFinite(this.#firstUs) ? this.#firstUs : null,
      lastUs: Number.isFinite(this.#lastUs) ? this.#lastUs : null,
      stretchMinutes: this.#stretchMinutes,
      stretches: [...this.#stretches].sort((a, b) => a - b),
      stages: recordOf(this.#stages),
      auditLevels: recordOf(this.#auditLevels),
      verbs: recordOf(this.#verbs),
      nonResource: this.#nonResource.events,
      undecided: this.#undecided,
    }
  }

  static fromValue(value: WindowValue): ObservationWindow {
    const window = new ObservationWindow(value.cluster)
    window.#stretchMinutes = value.stretchMinutes
    window.#stretches = new Set(value.stretches)
    window.#firstUs = value.firstUs ?? Infinity
    window.#lastUs = value.lastUs ?? -Infinity
    addCounters(window.#stages, countersIn(value.stages))
    addCounters(window.#auditLevels, countersIn(value.auditLevels))
    addCounters(window.#verbs, countersIn(value.verbs))
    window.#nonResource.events = value.nonResource
    window.#undecided = value.undecided
    return window
  }

  #see(timeUs: number): void {
    // An event without a time says nothing of when.
    if (timeUs <= 0) return
    if (timeUs < this.#firstUs) this.#firstUs = timeUs
    if (timeUs > this.#lastUs) this.#lastUs = timeUs
    const stretch = Math.floor(timeUs / (this.#stretchMinutes * minuteUs))
    if (stretch !== this.#lastStretch) this.#addStretch(stretch)
  }

  #addStretch(stretch: number): void {
    this.#lastStretch = stretch
    this.#stretches.add(stretch)
    while (this.#stretches.size > maxStretches) this.#coarsen(2 * this.#stretchMinutes)
  }

  #coarsen(minutes: number): void {
    const by = minutes / this.#stretchMinutes
    this.#stretches = new Set([...this.#stretches].map((stretch) => Math.floor(stretch / by)))
    this.#stretchMinutes = minutes
    this.#lastStretch = NaN
  }
}

function counterOf(counters: Map<string, Counter>, key: string): Counter {
  const found = counters.get(key)
  if (found !== undefined) return found
  const counter = { events: 0 }
  counters.set(key, counter)
  return counter
}

function addCounters(to: Map<string, Counter>, from: Iterable<readonly [string, Counter]>): void {
  for (const [key, { events }] of from) counterOf(to, key).events += events
}

function countersIn(record: Readonly<Record<string, number>>): (readonly [string, Counter])[] {
  return Object.entries(record).map(([key, events]) => [key, { events }])
}

function recordOf(counters: ReadonlyMap<string, Counter>): Readonly<Record<string, number>> {
  const counted = [...counters].filter(([, { events }]) => events > 0)
  return Object.fromEntries(
    counted.map(([key, { events }]) => [key, events] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
