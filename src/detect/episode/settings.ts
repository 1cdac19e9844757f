import type { Problem, Rule, RuleMetadata } from '../../contracts.ts'
import { timespanUsOf } from '../../sigma/timespan.ts'

/** When matches of a rule become an alert, and how often it speaks. Durations in microseconds of event time. */
export interface EpisodeSettings {
  /** From this many distinct requests on there is an alert. */
  readonly threshold: number
  /** For so long after an alert's last match its key opens no other. */
  readonly suppressUs: number
  /** An alert that grows is told again at most this often. */
  readonly updateEveryUs: number
  /** Without a match for so long, an alert is closed. */
  readonly quietUs: number
}

type Reader = (value: unknown) => number | string

const maxThreshold = 100_000
const maxDurationUs = 30 * 86_400_000_000

/** The attributes of a rule under `kubewitness`: what each sets, and how it is read. A text says what is wrong. */
export const episodeAttributes: Readonly<
  Record<string, { readonly setting: keyof EpisodeSettings; readonly read: Reader }>
> = {
  threshold: { setting: 'threshold', read: readThreshold },
  suppress: { setting: 'suppressUs', read: readDuration },
  updateEvery: { setting: 'updateEveryUs', read: readDuration },
  quiet: { setting: 'quietUs', read: readDuration },
}

/** The settings of a rule: its attributes, and the defaults of the service for what it does not say or says wrongly. */
export function episodeSettingsOf(
  { custom }: Pick<RuleMetadata, 'custom'>,
  defaults: EpisodeSettings,
): EpisodeSettings {
  const own = Object.entries(episodeAttributes).flatMap(([name, { setting, read }]) => {
    const value = Object.hasOwn(custom, name) ? read(custom[name]) : ''
    return typeof value === 'number' ? [[setting, value] as const] : []
  })
  return { ...defaults, ...Object.fromEntries(own) }
}

/** The names of `groupBy`; the actor when the rule gives none. */
export function groupByOf({ custom }: Pick<RuleMetadata, 'custom'>): readonly string[] {
  const names = textsOf(custom['groupBy'])
  return names === undefined || names.length === 0 ? ['actor'] : names
}

/** True when the rule itself says what its matches are grouped by. */
export function hasGroupBy({ custom }: Pick<RuleMetadata, 'custom'>): boolean {
  return (textsOf(custom['groupBy']) ?? []).length > 0
}

/** What is wrong with the attributes of a rule that are about its alerts. */
export function episodeProblems(rule: Rule): Problem[] {
  const problem = (name: string, message: string): Problem => ({
    ...(rule.keyLocations[`kubewitness.${name}`] ?? rule.location),
    severity: 'error',
    code: 'rule.episode',
    message: `\`kubewitness.${name}\` ${message}`,
  })
  const wrong = Object.entries(episodeAttributes).flatMap(([name, { read }]) => {
    if (!Object.hasOwn(rule.custom, name)) return []
    const value = read(rule.custom[name])
    return typeof value === 'string' ? [problem(name, value)] : []
  })
  const { groupBy } = rule.custom
  if (groupBy !== undefined && rule.kind === 'correlation')
    return [
      ...wrong,
      problem('groupBy', 'is for rules on events; a correlation has its `group-by`'),
    ]
  const isWrongGroup = groupBy !== undefined && (textsOf(groupBy) ?? []).length === 0
  return isWrongGroup
    ? [
        ...wrong,
        problem('groupBy', 'has to be a field, or a list of fields, such as [actor, namespace]'),
      ]
    : wrong
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (!Array.isArray(value)) return undefined
  const texts = value.filter((item) => typeof item === 'string' && item !== '')
  return texts.length === value.length ? texts : undefined
}

function readThreshold(value: unknown): number | string {
  const isCount = Number.isInteger(value) && Number(value) >= 1 && Number(value) <= maxThreshold
  return isCount ? Number(value) : `has to be a whole number from 1 to ${maxThreshold}`
}

function readDuration(value: unknown): number | string {
  const us = timespanUsOf(value)
  if (us !== undefined && us <= maxDurationUs) return us
  return 'has to be a time up to 30d, such as 30s, 15m, 1h or 1d'
}
