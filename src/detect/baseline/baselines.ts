import { hash } from 'node:crypto'
import { createFieldReader, type FieldPaths } from '../../audit/fields.ts'
import type { CorrelationRule, EventRule, Remembering, Rule, StateChange } from '../../contracts.ts'
import { type BaselineSettings, readBaseline } from '../../sigma/baseline.ts'
import type { CorrelationMatch } from '../correlate/correlator.ts'
import { meaningOf, meaningOfEventRule } from '../correlate/meaning.ts'
import type { RuleMatch } from '../match.ts'
import { textOfValue } from '../printable.ts'
import { Remembered } from '../remembered.ts'
import { bytesOf, type Model, newModel, observe } from './kinds.ts'
import { describe, type Learnt } from './learnt.ts'

/** The baselines of a rule set: pure, learnt from the stream, saved with it. */
export interface Baselines extends Remembering {
  /** Of the matches of one event, those of rules without a baseline, and those that are out of the ordinary. */
  keep<T extends RuleMatch | CorrelationMatch>(matches: readonly T[]): readonly T[]
  /** What was learnt for a rule; nothing for one without a baseline. */
  learnt(rule: string): readonly Learnt[]
  /** What was learnt of the key of a match alone. */
  learntOf(match: RuleMatch | CorrelationMatch): Learnt | undefined
  /** Of every rule with a baseline; what was given up since the last call. */
  takeCounts(): readonly BaselineCounts[]
}

export interface BaselineCounts {
  readonly rule: Rule
  readonly keys: number
  readonly bytes: number
  /** Given up for want of room. */
  readonly evictedKeys: number
  readonly evictedValues: number
}

interface Baseline {
  readonly rule: Rule
  readonly settings: BaselineSettings
  readonly known: Remembered<Model>
  /** Since they were last asked for. */
  readonly evicted: { keys: number; values: number }
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
  const add = <T extends Rule>(rule: T, meaningOf: (rule: T) => string): void => {
    const { settings } = readBaseline(rule)
    if (settings === undefined) return
    const prefix = `baseline/1/${meaningOf(rule)}/`
    const { kind, maxKeys, maxBytes } = settings
    const sizeOf = (model: Model): number => bytesOf(model, kind)
    const known = new Remembered<Model>({ prefix, maxKeys, maxBytes, sizeOf })
    baselines.set(rule.id, { rule, settings, known, evicted: { keys: 0, values: 0 } })
  }
  for (const one of rules) add(one, (rule) => meaningOfEventRule(rule, rule.custom['baseline']))
  for (const one of correlations) add(one, (rule) => meaningOf(rule, byId))
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
        : [...baseline.known.entries()].map(([key, model]) =>
            describe(key, model, baseline.settings),
          )
    },
    learntOf: (match) => {
      const baseline = baselines.get(match.rule.id)
      if (baseline === undefined) return undefined
      const { settings, known } = baseline
      const subject = subjectOf(match, paths)
      const name = keyOf(settings, subject, subject.read(settings.by))
      const model = name === undefined ? undefined : known.get(name)
      return name === undefined || model === undefined ? undefined : describe(name, model, settings)
    },
    takeCounts: () =>
      [...baselines.values()].map(({ rule, known, evicted }) => {
        const counts = {
          rule,
          keys: known.size,
          bytes: known.bytes,
          evictedKeys: known.forgotten - evicted.keys,
          evictedValues: evicted.values,
        }
        evicted.keys = known.forgotten
        evicted.values = 0
        return counts
      }),
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
  /** All values of one field, each once. */
  readAll(name: string): readonly string[]
}

function subjectOf(match: RuleMatch | CorrelationMatch, paths: FieldPaths): Subject {
  if ('group' in match)
    return {
      cluster: match.cluster,
      timeUs: match.event.timeUs,
      read: (names) => allOf(names, (name) => match.group[name]),
      readAll: (name) => textsOf([match.group[name]]),
    }
  const { event } = match
  const reader = createFieldReader(event, paths)
  return {
    cluster: event.cluster,
    timeUs: event.timeUs > 0 ? event.timeUs : event.receivedAtMs * 1000,
    read: (names) => allOf(names, (name) => reader.read(name)?.[0]),
    readAll: (name) => textsOf(reader.read(name) ?? []),
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
    texts.push(bounded(textOfValue(value)))
  }
  return texts
}

function textsOf(values: readonly unknown[]): readonly string[] {
  const present = values.filter((value) => value !== undefined && value !== null)
  return [...new Set(present.map((value) => bounded(textOfValue(value))))]
}

/** A match without one of the fields is left out, and teaches nothing. */
function isOdd(baseline: Baseline, subject: Subject): boolean {
  const { settings } = baseline
  const by = subject.read(settings.by)
  const name = keyOf(settings, subject, by)
  if (by === undefined || name === undefined) return false
  const actor = textOf(by)
  let isOdd = false
  for (const value of valuesOf(settings, subject))
    if (learn(baseline, name, actor, value, subject.timeUs)) isOdd = true
  return isOdd
}

/** All of one field are told apart when they are first seen. */
function valuesOf(settings: BaselineSettings, subject: Subject): readonly string[] {
  if (settings.kind === 'rateDeviation') return ['']
  const [field] = settings.of
  if (settings.kind === 'firstSeen' && settings.of.length === 1 && field !== undefined)
    return subject.readAll(field)
  const of = subject.read(settings.of)
  return of === undefined ? [] : [textOf(of)]
}

/** Returns whether it was out of the ordinary. */
function learn(
  { settings, known, evicted }: Baseline,
  name: string,
  actor: string,
  value: string,
  timeUs: number,
): boolean {
  const model = known.get(name) ?? known.add(name, newModel(timeUs, settings))
  const isEarlier = timeUs < model.sinceUs
  if (isEarlier) model.sinceUs = timeUs
  const learning = observe(model, actor, value, timeUs, settings)
  if (learning.isNews || isEarlier) known.changed(name, learning.bytes)
  evicted.values += learning.forgotten
  return learning.isOdd
}

/** `by` are the values of those fields. */
function keyOf(
  settings: BaselineSettings,
  subject: Subject,
  by: readonly string[] | undefined,
): string | undefined {
  const key = settings.kind === 'rare' ? subject.read(settings.among) : by
  return key === undefined ? undefined : JSON.stringify([subject.cluster, ...key])
}

function textOf(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : JSON.stringify(values)
}

const maxTextCharacters = 256

/** A long one by its beginning and its hash, so that what is kept has a bound. */
function bounded(text: string): string {
  if (text.length <= maxTextCharacters) return text
  return `${text.slice(0, maxTextCharacters / 2)}…${hash('sha256', text)}`
}
