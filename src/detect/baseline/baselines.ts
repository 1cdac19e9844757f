import { createFieldReader, type FieldPaths } from '../../audit/fields.ts'
import type { CorrelationRule, EventRule, Remembering, Rule, StateChange } from '../../contracts.ts'
import { formatTimeUs } from '../../util/time.ts'
import type { CorrelationMatch } from '../correlate/correlator.ts'
import { meaningOf, meaningOfEventRule } from '../correlate/meaning.ts'
import { Remembered } from '../credentials/remembered.ts'
import type { RuleMatch } from '../match.ts'
import { textOfValue } from '../printable.ts'
import { type FirstSeen, newFirstSeen, observeFirst } from './first-seen.ts'
import { type Slots, slotsToForget } from './model.ts'
import { newRare, observeRare, type Rare } from './rare.ts'
import { limitOf, newRate, observeRate, type Rate } from './rate.ts'
import { type BaselineSettings, readBaseline } from './settings.ts'

/** What was learnt of one key of a rule, for people. */
export interface Learnt {
  readonly cluster: string
  /** By the names of `by`; of `rare`, of `among`. */
  readonly key: readonly string[]
  readonly since: string
  readonly values?: readonly { readonly value: string; readonly lastUsedUntil: string }[]
  readonly actors?: number
  /** Events in a period: usual, and more than which is out of the ordinary. */
  readonly usual?: number
  readonly limit?: number
}

/** The baselines of a rule set: pure, learnt from the stream, saved with it. */
export interface Baselines extends Remembering {
  /** Of the matches of one event, those of rules without a baseline, and those that are out of the ordinary. */
  keep<T extends RuleMatch | CorrelationMatch>(matches: readonly T[]): readonly T[]
  /** What was learnt for a rule; nothing for one without a baseline. */
  learnt(rule: string): readonly Learnt[]
}

interface Baseline {
  readonly settings: BaselineSettings
  readonly known: Remembered<FirstSeen | Rare | Rate>
}

/** Undefined when no rule has a baseline. */
export function createBaselines(
  rules: readonly EventRule[],
  correlations: readonly CorrelationRule[],
): Baselines | undefined {
  const baselines = new Map<string, Baseline>()
  const byId = {
    events: new Map(rules.map((rule) => [rule.id, rule])),
    correlations: new Map(correlations.map((rule) => [rule.id, rule])),
  }
  const add = (rule: Rule, meaning: string): void => {
    const { settings } = readBaseline(rule)
    if (settings === undefined) return
    const prefix = `baseline/1/${meaning}/`
    const known = new Remembered<FirstSeen | Rare | Rate>({ prefix, maxKeys: settings.maxKeys })
    baselines.set(rule.id, { settings, known })
  }
  for (const rule of rules) add(rule, meaningOfEventRule(rule, rule.custom['baseline']))
  for (const rule of correlations) add(rule, meaningOf(rule, byId))
  if (baselines.size === 0) return undefined
  const paths: FieldPaths = new Map()
  let unusable: StateChange[] = []

  return {
    keep: (matches) => {
      if (!matches.some(({ rule }) => baselines.has(rule.id))) return matches
      return matches.filter((match) => {
        const baseline = baselines.get(match.rule.id)
        return baseline === undefined || isOdd(baseline, subjectOf(match, paths))
      })
    },
    learnt: (rule) => {
      const baseline = baselines.get(rule)
      return baseline === undefined
        ? []
        : [...baseline.known.entries()].map(([key, known]) => describe(baseline, key, known))
    },
    takeChanges: () => {
      const changes = [...baselines.values()].flatMap(({ known }) => known.takeChanges())
      const all = [...unusable, ...changes]
      unusable = []
      return all
    },
    restore: (records) => {
      for (const record of records) {
        const isUsed = [...baselines.values()].some(({ known }) => known.restore(record))
        if (!isUsed) unusable.push({ key: record.key, value: undefined })
      }
    },
  }
}

/** What a baseline sees of a match. */
interface Subject {
  readonly cluster: string
  readonly timeUs: number
  /** The values of some fields as one text each; undefined when one is missing. */
  read(names: readonly string[]): readonly string[] | undefined
}

function subjectOf(match: RuleMatch | CorrelationMatch, paths: FieldPaths): Subject {
  if ('group' in match)
    return {
      cluster: match.cluster,
      timeUs: match.event.timeUs,
      read: (names) => allOf(names, (name) => match.group[name]),
    }
  const { event } = match
  const reader = createFieldReader(event, paths)
  return {
    cluster: event.cluster,
    timeUs: event.timeUs > 0 ? event.timeUs : event.receivedAtMs * 1000,
    read: (names) => allOf(names, (name) => reader.read(name)?.[0]),
  }
}

function allOf(
  names: readonly string[],
  read: (name: string) => unknown,
): readonly string[] | undefined {
  const texts: string[] = []
  for (const name of names) {
    const value = read(name)
    if (value === undefined || value === null) return undefined
    texts.push(textOfValue(value))
  }
  return texts
}

/** A match without one of the fields is left out, and teaches nothing. */
function isOdd({ settings, known }: Baseline, subject: Subject): boolean {
  const by = subject.read(settings.by)
  const of = settings.kind === 'rateDeviation' ? [] : subject.read(settings.of)
  const key = settings.kind === 'rare' ? subject.read(settings.among) : by
  if (by === undefined || of === undefined || key === undefined) return false
  const name = JSON.stringify([subject.cluster, ...key])
  const model = known.get(name) ?? known.add(name, newModel(subject.timeUs, settings))
  if (subject.timeUs < model.sinceUs) {
    model.sinceUs = subject.timeUs
    known.changed(name)
  }
  const result = observe(model, textOf(by), textOf(of), subject.timeUs, settings)
  if (result.isChanged) known.changed(name)
  return result.isOdd
}

function textOf(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : JSON.stringify(values)
}

function newModel(timeUs: number, settings: BaselineSettings): FirstSeen | Rare | Rate {
  switch (settings.kind) {
    case 'firstSeen':
      return newFirstSeen(timeUs, settings)
    case 'rare':
      return newRare(timeUs, settings)
    case 'rateDeviation':
      return newRate(timeUs, settings)
    default:
      return settings satisfies never
  }
}

function observe(
  model: FirstSeen | Rare | Rate,
  actor: string,
  value: string,
  timeUs: number,
  settings: BaselineSettings,
): { readonly isOdd: boolean; readonly isChanged: boolean } {
  // A model is what `newModel` made of the same settings, or what was saved of it under their meaning.
  switch (settings.kind) {
    case 'firstSeen':
      return observeFirst(model as FirstSeen, value, timeUs, settings)
    case 'rare':
      return observeRare(model as Rare, actor, value, timeUs, settings)
    case 'rateDeviation':
      return observeRate(model as Rate, timeUs, settings)
    default:
      return settings satisfies never
  }
}

function describe({ settings }: Baseline, name: string, model: FirstSeen | Rare | Rate): Learnt {
  // Made by `isOdd`.
  const [cluster = '', ...key] = JSON.parse(name) as string[]
  const common = { cluster, key, since: formatTimeUs(model.sinceUs) }
  switch (settings.kind) {
    case 'firstSeen':
      return { ...common, values: valuesOf((model as FirstSeen).values, settings.forgetUs) }
    case 'rare': {
      const { actors, values } = model as Rare
      const slots = Object.fromEntries(
        Object.entries(values).map(([value, users]) => [value, Math.max(...Object.values(users))]),
      )
      return {
        ...common,
        actors: Object.keys(actors).length,
        values: valuesOf(slots, settings.forgetUs),
      }
    }
    case 'rateDeviation': {
      const rate = model as Rate
      return { ...common, usual: rate.mean, limit: limitOf(rate, settings) }
    }
    default:
      return settings satisfies never
  }
}

function valuesOf(slots: Slots, forgetUs: number): NonNullable<Learnt['values']> {
  return Object.entries(slots).map(([name, slot]) => ({
    value: name.slice(1),
    lastUsedUntil: formatTimeUs((slot + 1) * (forgetUs / slotsToForget)),
  }))
}
