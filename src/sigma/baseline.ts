import type { RuleMetadata } from '../contracts.ts'
import { parseTimespanUs } from './timespan.ts'

/** `kubewitness.baseline` of a rule: of its matches only those are left that are out of the ordinary. */
export type BaselineSettings = FirstSeenSettings | RareSettings | RateSettings

interface CommonSettings {
  /** Whose habits are learnt: names of fields; none: those of the cluster as a whole. */
  readonly by: readonly string[]
  readonly maxKeys: number
  readonly maxBytes: number
}

export interface FirstSeenSettings extends CommonSettings {
  readonly kind: 'firstSeen'
  /** What is new, or not. */
  readonly of: readonly string[]
  /** Different values that are known of a key. */
  readonly maxValues: number
  readonly learningUs: number
  readonly forgetUs: number
  readonly history: number
}

export interface RareSettings extends CommonSettings {
  readonly kind: 'rare'
  readonly of: readonly string[]
  /** The class that actors are compared within. */
  readonly among: readonly string[]
  readonly learningUs: number
  readonly forgetUs: number
  readonly atMost: number
  readonly least: number
}

export interface RateSettings extends CommonSettings {
  readonly kind: 'rateDeviation'
  readonly everyUs: number
  readonly factor: number
  readonly least: number
  /** Whole periods that have to be known. */
  readonly history: number
}

export interface ReadBaseline {
  /** Undefined when the rule has none, or one that is wrong. */
  readonly settings: BaselineSettings | undefined
  readonly problems: readonly string[]
}

const day = 86_400_000_000
const common = ['kind', 'by', 'maxKeys', 'maxBytes']
const keysOf = {
  firstSeen: [...common, 'of', 'learning', 'forget', 'history', 'maxValues'],
  rare: [...common, 'of', 'among', 'learning', 'forget', 'atMost', 'least'],
  rateDeviation: [...common, 'every', 'factor', 'least', 'history'],
} as const

/** The fields whose values a baseline takes; names of `group-by` where it is that of a correlation. */
export function fieldsOfBaseline(rule: Pick<RuleMetadata, 'custom'>): readonly string[] {
  const { settings } = readBaseline(rule)
  if (settings === undefined) return []
  switch (settings.kind) {
    case 'firstSeen':
      return [...settings.by, ...settings.of]
    case 'rare':
      return [...settings.among, ...settings.by, ...settings.of]
    case 'rateDeviation':
      return settings.by
    default:
      return settings satisfies never
  }
}

/** Reads `kubewitness.baseline`; all problems at once, each with what is allowed. */
export function readBaseline({ custom }: Pick<RuleMetadata, 'custom'>): ReadBaseline {
  const { baseline } = custom
  if (baseline === undefined) return { settings: undefined, problems: [] }
  if (typeof baseline !== 'object' || baseline === null || Array.isArray(baseline))
    return wrong('`kubewitness.baseline` has to be a map')
  // An object that is no array has string keys.
  const map = baseline as Readonly<Record<string, unknown>>
  const { kind } = map
  if (kind !== 'firstSeen' && kind !== 'rare' && kind !== 'rateDeviation')
    return wrong('`kubewitness.baseline.kind` has to be `firstSeen`, `rare` or `rateDeviation`')
  const reader = createReader(map)
  for (const key of Object.keys(map))
    if (!keysOf[kind].some((known) => known === key))
      reader.problems.push(
        `\`kubewitness.baseline.${key}\` has no meaning for \`${kind}\`; known are ${keysOf[kind].join(', ')}`,
      )
  const settings = settingsOf(kind, reader)
  const { problems } = reader
  return { settings: problems.length === 0 ? settings : undefined, problems }
}

function wrong(problem: string): ReadBaseline {
  return { settings: undefined, problems: [problem] }
}

function settingsOf(kind: BaselineSettings['kind'], reader: Reader): BaselineSettings {
  const shared = {
    by: reader.names('by', ['user.username']),
    maxKeys: reader.whole('maxKeys', 10_000, 1_000_000),
    maxBytes: reader.whole('maxBytes', 32 << 20, 1 << 30),
  }
  const times = () => ({
    learningUs: reader.timespan('learning', 7 * day),
    forgetUs: reader.timespan('forget', 30 * day),
  })
  switch (kind) {
    case 'firstSeen':
      return {
        kind,
        ...shared,
        ...times(),
        of: reader.names('of'),
        history: reader.whole('history', 20, 1_000_000),
        maxValues: reader.whole('maxValues', 1024, 100_000),
      }
    case 'rare':
      return {
        kind,
        ...shared,
        ...times(),
        of: reader.names('of'),
        among: reader.names('among', []),
        atMost: reader.whole('atMost', 1, 100),
        least: reader.whole('least', 10, 4096),
      }
    case 'rateDeviation':
      return {
        kind,
        ...shared,
        everyUs: reader.timespan('every', day / 24),
        factor: reader.whole('factor', 4, 1000),
        least: reader.whole('least', 10, 1_000_000),
        history: reader.whole('history', 24, 1000),
      }
    default:
      return kind satisfies never
  }
}

type Reader = ReturnType<typeof createReader>

function createReader(map: Readonly<Record<string, unknown>>) {
  const problems: string[] = []
  const problem = (key: string, wanted: string): void => {
    problems.push(`\`kubewitness.baseline.${key}\` has to be ${wanted}`)
  }
  return {
    problems,
    names: (key: string, fallback?: readonly string[]): readonly string[] => {
      const value = map[key] ?? fallback
      const names = typeof value === 'string' ? [value] : value
      const isList = Array.isArray(names) && names.every((name) => typeof name === 'string')
      if (!isList || (names.length === 0 && key === 'of'))
        problem(key, 'a field, or a list of fields')
      return isList ? names : []
    },
    whole: (key: string, fallback: number, most: number): number => {
      const value = map[key] ?? fallback
      if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most)
        return Number(value)
      problem(key, `a whole number from 1 to ${most}`)
      return fallback
    },
    timespan: (key: string, fallbackUs: number): number => {
      const value = map[key]
      if (value === undefined) return fallbackUs
      const us = typeof value === 'string' ? parseTimespanUs(value) : undefined
      if (typeof us === 'number') return us
      problem(key, 'a span of time such as 7d')
      return fallbackUs
    },
  }
}
