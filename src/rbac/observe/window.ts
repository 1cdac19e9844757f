import { auditLevels, auditStages } from '../../audit/policy/types.ts'

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
  verbs: new Set([
    'get',
    'list',
    'watch',
    'create',
    'update',
    'patch',
    'delete',
    'deletecollection',
  ]),
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

/** What the window needs to know of one event. */
export interface WindowEvent {
  readonly stage: string
  readonly auditLevel: string
  readonly verb: string
  readonly isResource: boolean
  readonly hasDecision: boolean
  readonly timeUs: number
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
  readonly #stages = new Map<string, number>()
  readonly #auditLevels = new Map<string, number>()
  readonly #verbs = new Map<string, number>()
  #nonResource = 0
  #undecided = 0

  constructor(cluster: string) {
    this.cluster = cluster
  }

  add({ stage, auditLevel, verb, isResource, hasDecision, timeUs }: WindowEvent): void {
    addTo(this.#stages, known.stages.has(stage) ? stage : other, 1)
    addTo(this.#auditLevels, known.auditLevels.has(auditLevel) ? auditLevel : other, 1)
    if (isResource) addTo(this.#verbs, known.verbs.has(verb) ? verb : other, 1)
    else this.#nonResource += 1
    if (!hasDecision && stage !== 'RequestReceived') this.#undecided += 1
    this.#see(timeUs)
  }

  merge(from: ObservationWindow): void {
    if (from.#stretchMinutes > this.#stretchMinutes) this.#coarsen(from.#stretchMinutes)
    for (const stretch of from.#stretches)
      this.#addStretch(Math.floor((stretch * from.#stretchMinutes) / this.#stretchMinutes))
    this.#firstUs = Math.min(this.#firstUs, from.#firstUs)
    this.#lastUs = Math.max(this.#lastUs, from.#lastUs)
    for (const [stage, events] of from.#stages) addTo(this.#stages, stage, events)
    for (const [level, events] of from.#auditLevels) addTo(this.#auditLevels, level, events)
    for (const [verb, events] of from.#verbs) addTo(this.#verbs, verb, events)
    this.#nonResource += from.#nonResource
    this.#undecided += from.#undecided
  }

  /** From the first event to the last one, in microseconds; 0 before any came. */
  get lengthUs(): number {
    return Math.max(0, this.#lastUs - this.#firstUs)
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
      nonResource: this.#nonResource,
      undecided: this.#undecided,
    }
  }

  static fromValue(value: WindowValue): ObservationWindow {
    const window = new ObservationWindow(value.cluster)
    window.#stretchMinutes = value.stretchMinutes
    window.#stretches = new Set(value.stretches)
    window.#firstUs = value.firstUs ?? Infinity
    window.#lastUs = value.lastUs ?? -Infinity
    for (const [stage, events] of Object.entries(value.stages)) addTo(window.#stages, stage, events)
    for (const [level, events] of Object.entries(value.auditLevels))
      addTo(window.#auditLevels, level, events)
    for (const [verb, events] of Object.entries(value.verbs)) addTo(window.#verbs, verb, events)
    window.#nonResource = value.nonResource
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

function addTo(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

function recordOf(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}
