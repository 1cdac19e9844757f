import { identityOf } from '../../audit/event.ts'
import { createFieldReader, type FieldNames, type FieldPaths } from '../../audit/fields.ts'
import type { EventIdentity } from '../../audit/identity.ts'
import type { AuditEvent, FieldReader } from '../../contracts.ts'
import { numberOf } from '../../sigma/number-test.ts'
import type { CorrelationMatch, EventReference, GroupValue } from './correlator.ts'
import type { Carried } from './extra.ts'
import type { Source } from './intake.ts'

/** What a correlation sees of an event that matched a rule it refers to, or that completed a correlation it refers to. */
export interface Observation extends EventReference {
  readonly cluster: string
  readonly identity: EventIdentity
  /** A group-by name or a path; a path is read from the event. */
  readonly reader: FieldReader
  /** The group of the match, when it is of a correlation. */
  readonly group?: Readonly<Record<string, GroupValue>>
}

/** More combinations of elements than that are not looked at. */
const maxCombinations = 64

/**
 * Its id and values are made when they are first asked for. Where the event does not know its identity yet, `scratch` takes it:
 * the observation is good until another one is made with the same.
 */
export function observationOfEvent(
  event: AuditEvent,
  paths: FieldPaths,
  names: FieldNames,
  scratch: EventIdentity,
): Observation {
  return new EventObservation(event, createFieldReader(event, paths, names), scratch)
}

class EventObservation implements Observation, FieldReader {
  readonly cluster: string
  readonly timeUs: number
  readonly #event: AuditEvent
  readonly #fields: FieldReader
  #latestPath: string | undefined
  #latestValues: readonly unknown[] | undefined
  readonly #scratch: EventIdentity
  #identity: EventIdentity | undefined
  #stage: string | undefined

  constructor(event: AuditEvent, fields: FieldReader, scratch: EventIdentity) {
    this.cluster = event.cluster
    // An event without any time of its own is as old as its delivery.
    this.timeUs = event.timeUs > 0 ? event.timeUs : event.receivedAtMs * 1000
    this.#event = event
    this.#fields = fields
    this.#scratch = scratch
  }

  get reader(): FieldReader {
    return this
  }

  /** What was read last is known: many correlations ask for the same field of an event, one after the other. */
  read(path: string): readonly unknown[] | undefined {
    if (path !== this.#latestPath) {
      this.#latestPath = path
      this.#latestValues = this.#fields.read(path)
    }
    return this.#latestValues
  }

  get id(): string {
    return this.#event.id
  }

  get auditID(): string {
    const value = this.#event.raw['auditID']
    return typeof value === 'string' ? value : ''
  }

  get stage(): string {
    this.#stage ??= this.#event.stage
    return this.#stage
  }

  get identity(): EventIdentity {
    this.#identity ??= identityOf(this.#event, this.#scratch)
    return this.#identity
  }
}

/** The event that completed a correlation, seen by a correlation over it. */
export function observationOfMatch(
  { event, cluster, group }: CorrelationMatch,
  identity: EventIdentity,
  carried: Carried | undefined,
): Observation {
  return { ...event, cluster, identity, reader: { read: (path) => carried?.get(path) }, group }
}

/** The groups that an observation belongs to: the values of each name. Undefined when one is missing. */
export function groupsOf(
  groupBy: readonly Source[],
  observation: Observation,
): readonly (readonly GroupValue[])[] | undefined {
  if (groupBy.length === 0) return oneGroup
  if (groupBy.length > 1)
    return combinationsOf(groupBy.map((source) => scalarsOf(source, observation)))
  const values = scalarsOf(groupBy[0], observation)
  if (values.length === 0) return undefined
  return values.length === 1 ? [values] : values.slice(0, maxCombinations).map((value) => [value])
}

const oneGroup = [[]]

/** The values that are counted, each as one text: its JSON. Undefined when a field is missing. */
export function countedValuesOf(
  sources: readonly Source[],
  observation: Observation,
): readonly string[] | undefined {
  const combinations = combinationsOf(sources.map((source) => scalarsOf(source, observation)))
  return combinations?.map((values) => JSON.stringify(values))
}

/** The numbers that are measured. Undefined when there is none. */
export function numbersOf(
  sources: readonly Source[],
  observation: Observation,
): readonly number[] | undefined {
  const numbers = sources
    .flatMap((source) => valuesOf(source, observation))
    .map(numberOf)
    .filter((number): number is number => number !== undefined && Number.isFinite(number))
  return numbers.length === 0 ? undefined : numbers
}

/** The different values of a field that a group may be told by. */
function scalarsOf(source: Source, observation: Observation): readonly GroupValue[] {
  const values = valuesOf(source, observation)
  return isOneScalar(values) ? values : [...new Set(values.filter(isScalar))]
}

function isOneScalar(values: readonly unknown[]): values is readonly [GroupValue] {
  return values.length === 1 && isScalar(values[0])
}

function isScalar(value: unknown): value is GroupValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

const nothing: readonly unknown[] = []

function valuesOf(source: Source, { group, reader }: Observation): readonly unknown[] {
  if (source === undefined) return nothing
  if (source.kind === 'group')
    return group !== undefined && Object.hasOwn(group, source.name) ? [group[source.name]] : nothing
  const { paths } = source
  if (paths.length === 1) return reader.read(paths[0]!) ?? nothing
  return paths.flatMap((path) => reader.read(path) ?? nothing)
}

function combinationsOf(
  sets: readonly (readonly GroupValue[])[],
): readonly (readonly GroupValue[])[] | undefined {
  let combinations: (readonly GroupValue[])[] = [[]]
  for (const set of sets) {
    if (set.length === 0) return undefined
    combinations =
      set.length === 1 && combinations.length === 1
        ? [[...combinations[0]!, set[0]!]]
        : combinations.flatMap((values) => set.map((value) => [...values, value]))
    if (combinations.length > maxCombinations) combinations.length = maxCombinations
  }
  return combinations
}
