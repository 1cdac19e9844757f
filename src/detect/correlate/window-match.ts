import type { CorrelationRule } from '../../contracts.ts'
import type { CorrelationMatch, EventReference, GroupValue } from './correlator.ts'
import { type Observation, observationOfMatch } from './observation.ts'
import type { Order } from './order.ts'
import type { RuleState } from './rule-state.ts'

/** A match, and what correlations over it see of its event; absent when there are none. */
export interface ToldMatch {
  readonly match: CorrelationMatch
  readonly observation?: Observation
}

/** What is being observed, with its entry and the values of its group: a match is of itself most often. */
export interface Observed {
  readonly row: number
  readonly observation: Observation
  readonly values: readonly GroupValue[]
}

/** How many events of its window a match names. */
const maxReferences = 50

/** That the condition is true of the window which ends with an entry. */
export function toldMatch(
  state: RuleState,
  group: number,
  row: number,
  value: number | undefined,
  observed: Observed | undefined,
): ToldMatch {
  const match = new WindowMatch(state, group, row, observed?.row === row ? observed : undefined)
  if (value !== undefined) match.value = value
  const { plan, entries } = state
  if (!plan.isInput) return { match }
  return {
    match,
    observation: observationOfMatch(match, entries.identity(row), entries.carried(row)),
  }
}

class WindowMatch implements CorrelationMatch {
  readonly rule: CorrelationRule
  readonly cluster: string
  readonly group: Readonly<Record<string, GroupValue>>
  readonly isCut: boolean
  declare value?: number
  readonly #state: RuleState
  readonly #group: number
  readonly #timeUs: number
  /** Makes ids when they are asked for. */
  readonly #source: EventReference
  #event: EventReference | undefined

  constructor(state: RuleState, group: number, row: number, observed: Observed | undefined) {
    const { plan, entries, groups } = state
    const { cluster, values } =
      observed === undefined
        ? groups.key(group)
        : { cluster: observed.observation.cluster, values: observed.values }
    this.rule = plan.rule
    this.cluster = cluster
    this.group = Object.fromEntries(
      plan.rule.correlation.groupBy.map(({ name }, i) => [name, values[i] ?? '']),
    )
    const timeUs = entries.timesUs[row]!
    this.isCut = groups.cutS[group]! * 1e6 > timeUs - plan.timespanUs
    this.#state = state
    this.#group = group
    this.#timeUs = timeUs
    // The entry may be gone when it is asked for.
    this.#source = observed?.observation ?? entries.reference(row)
  }

  get event(): EventReference {
    this.#event ??= referenceOf(this.#source)
    return this.#event
  }

  get events(): readonly EventReference[] {
    const { members, entries } = this.#state
    const order = members.orderOf(this.#group)
    const [first, end] = this.#window(order)
    const references = []
    for (let rank = Math.max(first, end - maxReferences); rank < end; rank++)
      references.push(entries.reference(order.row(rank)))
    return references
  }

  get count(): number {
    const [first, end] = this.#window(this.#state.members.orderOf(this.#group))
    return end - first
  }

  #window(order: Order): readonly [first: number, end: number] {
    const { entries, plan } = this.#state
    const timeUs = this.#timeUs
    return [order.firstAfter(entries, timeUs - plan.timespanUs), order.firstAfter(entries, timeUs)]
  }
}

function referenceOf({ id, auditID, stage, timeUs }: EventReference): EventReference {
  return { id, auditID, stage, timeUs }
}
