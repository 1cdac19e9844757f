import type { CorrelationFieldSource } from '../../contracts.ts'
import { numberOf } from '../../sigma/number-test.ts'
import type { GroupValue } from './correlator.ts'
import type { Observation } from './observation.ts'

/** Where a value stands in matches of one rule; undefined where they have none. */
export type Source = CorrelationFieldSource | undefined

/** More combinations of elements than that are not looked at. */
const maxCombinations = 64

/**
 * Where the values stand that tell groups apart, or that are counted. Correlations that ask for the same have one in common: what
 * it took of the latest observation is known.
 */
export class SourceSet {
  readonly #sources: readonly Source[]
  #mark: object | undefined
  #combinations: readonly (readonly GroupValue[])[] | undefined
  #texts: readonly string[] | undefined

  constructor(sources: readonly Source[]) {
    this.#sources = sources
  }

  /** The values of an observation, one of each source: for the sources of `group-by` its groups. Undefined when one is missing. */
  combinations(observation: Observation): readonly (readonly GroupValue[])[] | undefined {
    if (observation.mark !== this.#mark) {
      this.#mark = observation.mark
      this.#combinations = combinationsOf(this.#sources, observation)
      this.#texts = undefined
    }
    return this.#combinations
  }

  /** The values that are counted, each as one text: its JSON. Undefined when a field is missing. */
  texts(observation: Observation): readonly string[] | undefined {
    const combinations = this.combinations(observation)
    this.#texts ??= combinations?.map((values) => JSON.stringify(values))
    return this.#texts
  }

  /** The numbers that are measured. Undefined when there is none. */
  numbers(observation: Observation): readonly number[] | undefined {
    const numbers = this.#sources
      .flatMap((source) => valuesOf(source, observation))
      .map(numberOf)
      .filter((number): number is number => number !== undefined && Number.isFinite(number))
    return numbers.length === 0 ? undefined : numbers
  }
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
  sources: readonly Source[],
  observation: Observation,
): readonly (readonly GroupValue[])[] | undefined {
  let combinations: (readonly GroupValue[])[] | undefined
  for (const source of sources) {
    const set = scalarsOf(source, observation)
    if (set.length === 0) return undefined
    if (combinations === undefined)
      combinations = set.length === 1 ? [set] : set.map((value) => [value])
    else combinations = combinations.flatMap((values) => set.map((value) => [...values, value]))
    if (combinations.length > maxCombinations) combinations.length = maxCombinations
  }
  return combinations ?? [[]]
}
