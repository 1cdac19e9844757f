import { createFieldReader, type FieldNames } from '../../../src/audit/fields.ts'
import type { AuditEvent, Correlation, CorrelationField } from '../../../src/contracts.ts'
import type { GroupValue } from '../../../src/detect/correlate/correlator.ts'
import { numberOf } from '../../../src/sigma/number-test.ts'
import type { Entry } from './naive-condition.ts'

/** What a correlation sees: an event that matched a rule it refers to, or one that completed a correlation. */
export interface Input {
  readonly event: AuditEvent
  /** How far the cluster was when it came; absent when it is from a correlation. */
  readonly frontierUs?: number
  readonly group: Readonly<Record<string, GroupValue>>
}

/** An input in one of its groups. */
export interface Member {
  readonly rule: string
  readonly event: AuditEvent
  /** What it has in the field of the condition. */
  readonly values: readonly GroupValue[]
  readonly group: readonly GroupValue[]
}

export interface Group {
  readonly cluster: string
  readonly values: Readonly<Record<string, GroupValue>>
  readonly entries: readonly Entry[]
}

export function groupsOf(
  correlation: Correlation,
  inputs: ReadonlyMap<string, readonly Input[]>,
  names: FieldNames,
): readonly Group[] {
  const members = correlation.rules.flatMap((rule) =>
    (inputs.get(rule) ?? []).flatMap((input) => membersOf(correlation, rule, input, names)),
  )
  return [...Map.groupBy(members, keyOf).values()].map((same) => groupOf(correlation, same))
}

/** An input of a rule in each of its groups; in none when something is missing. */
export function membersOf(
  correlation: Correlation,
  rule: string,
  input: Input,
  names: FieldNames,
): readonly Member[] {
  const values = conditionValues(correlation, rule, input, names)
  if (values.length === 0) return []
  const groups = combinations(
    correlation.groupBy.map((field) => distinct(read(field, rule, input, names))),
  )
  return groups.map((group) => ({ rule, event: input.event, values, group }))
}

export function keyOf({ event, group }: Member): string {
  return JSON.stringify([event.cluster, group])
}

/** Members of one key, an event of several rules being one entry. */
export function groupOf({ groupBy, type }: Correlation, members: readonly Member[]): Group {
  return {
    cluster: members[0]!.event.cluster,
    values: Object.fromEntries(groupBy.map(({ name }, place) => [name, members[0]!.group[place]!])),
    entries: [...Map.groupBy(members, ({ event }) => event.id).values()]
      .map((same) => ({
        event: same[0]!.event,
        rules: new Set(same.map(({ rule }) => rule)),
        values:
          type === 'value_count' ? distinct(same.flatMap(({ values }) => values)) : same[0]!.values,
      }))
      .toSorted(byTimeAndStage),
  }
}

/** It matters for the stages of one request alone. */
function byTimeAndStage({ event: a }: Entry, { event: b }: Entry): number {
  return a.timeUs - b.timeUs || stages.indexOf(a.stage) - stages.indexOf(b.stage)
}

const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']

/** What the condition asks of the input: for `value_count` each value as one text, else numbers. Empty = it takes no part. */
function conditionValues(
  { type, condition }: Correlation,
  rule: string,
  input: Input,
  names: FieldNames,
): readonly GroupValue[] {
  if (condition.kind === 'rules' || condition.fields.length === 0) return [true]
  const values = condition.fields.map((field) => read(field, rule, input, names))
  if (type === 'value_count')
    return combinations(values.map(distinct)).map((tuple) => JSON.stringify(tuple))
  return values.flat().flatMap((value) => numberOf(value) ?? [])
}

function read(
  { sourceByRule }: CorrelationField,
  rule: string,
  { event, group }: Input,
  names: FieldNames,
): readonly GroupValue[] {
  const source = sourceByRule[rule]!
  if (source.kind === 'group') return [group[source.name]!]
  const reader = createFieldReader(event, new Map(), names)
  return source.paths
    .flatMap((path) => reader.read(path) ?? [])
    .filter((value) => ['string', 'number', 'boolean'].includes(typeof value)) as GroupValue[]
}

function distinct(values: readonly GroupValue[]): readonly GroupValue[] {
  return [...new Set(values)]
}

function combinations(
  sets: readonly (readonly GroupValue[])[],
): readonly (readonly GroupValue[])[] {
  let all: readonly (readonly GroupValue[])[] = [[]]
  for (const set of sets) all = all.flatMap((some) => set.map((value) => [...some, value]))
  return all
}
