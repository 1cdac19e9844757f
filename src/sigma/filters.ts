import { isSeq } from 'yaml'
import type { EventRule, Expr, Problem, Rule, RuleMetadata, SourceLocation } from '../contracts.ts'
import type { CollectedDocument } from './collection.ts'
import { type LeafOptions, readDetection } from './detection.ts'
import { readMetadata } from './metadata.ts'
import { type DocumentReader, type Entry, mapOf, placedTextsOf, scalarOf } from './yaml-nodes.ts'

/** A condition that is put beside those of rules: `rule and (condition)`. */
export interface Filter extends RuleMetadata {
  readonly kind: 'filter'
  /** Ids or names; `any` = all rules of the logsource. */
  readonly rules: readonly Reference[] | 'any'
  readonly condition: Expr
}

interface Reference {
  readonly text: string
  readonly location: SourceLocation
}

/** Undefined when it has problems, which are reported by then. */
export function readFilter(
  { reader, top }: CollectedDocument,
  entry: Entry,
  leaves: LeafOptions,
): Filter | undefined {
  const { problems } = reader
  const before = problems.errorCount()
  const metadata = readMetadata(top, reader)
  const condition = readDetection(entry, reader, leaves, 'filter')
  const parts = mapOf(entry.value, reader)
  const rules = readReferences(parts?.get('rules'), entry, reader)
  const at = parts?.get('condition')
  if (at !== undefined && isSeq(at.value))
    problems.error(at.keyOffset, 'condition.text', 'the condition of a filter is one text')
  if (metadata === undefined || condition === undefined || problems.errorCount() > before)
    return undefined
  if (!isNegative(condition)) {
    problems.warning(
      at?.keyOffset ?? entry.keyOffset,
      'filter.positive',
      'this filter lets its rules match only what it describes; to leave that out, write `condition: not …`',
    )
  }
  return { kind: 'filter', ...metadata, rules, condition }
}

function isNegative(expr: Expr): boolean {
  if (expr.kind === 'not') return true
  return (
    (expr.kind === 'and' || expr.kind === 'or') && expr.items.some(({ kind }) => kind === 'not')
  )
}

function readReferences(
  entry: Entry | undefined,
  filter: Entry,
  reader: DocumentReader,
): readonly Reference[] | 'any' {
  const { problems } = reader
  if (entry === undefined) {
    const message = '`filter` needs `rules`: ids or names, or any'
    problems.error(filter.keyOffset, 'filter.rules', message)
    return 'any'
  }
  const scalar = scalarOf(entry.value)
  if (scalar.kind === 'text' && scalar.text.toLowerCase() === 'any') return 'any'
  if (isSeq(entry.value) ? entry.value.items.length === 0 : false) return 'any'
  const references = placedTextsOf(entry, reader).map(({ text, offset }) => ({
    text,
    location: problems.locate(offset),
  }))
  if (references.length === 0)
    problems.error(entry.keyOffset, 'filter.rules', '`rules` has to hold ids or names, or any')
  return references
}

/** The rules with the conditions of all filters that are about them. What refers to nothing is a problem. */
export function applyFilters(
  rules: readonly Rule[],
  filters: readonly Filter[],
  problems: Problem[],
): readonly Rule[] {
  const additions = new Map<Rule, Expr[]>()
  const eventRules = rules.filter((rule) => rule.kind === 'event')
  for (const filter of filters) {
    const wanted = filter.rules === 'any' ? eventRules : referred(filter.rules, rules, problems)
    const meant = wanted.filter((rule) => isWithin(rule.logsource, filter.logsource))
    for (const rule of meant) {
      const conditions = additions.get(rule) ?? []
      conditions.push(filter.condition)
      additions.set(rule, conditions)
    }
    if (meant.length === 0) {
      problems.push({
        ...filter.location,
        severity: 'warning',
        code: 'filter.unused',
        message: `the filter \`${filter.title}\` is about none of the rules; see its rules and logsource`,
      })
    }
  }
  return rules.map((rule) => {
    const conditions = additions.get(rule)
    if (conditions === undefined || rule.kind !== 'event') return rule
    const items = Object.freeze([rule.condition, ...conditions])
    return Object.freeze({ ...rule, condition: Object.freeze({ kind: 'and', items }) })
  })
}

function referred(
  references: readonly Reference[],
  rules: readonly Rule[],
  problems: Problem[],
): EventRule[] {
  const found = new Set<EventRule>()
  for (const { text, location } of references) {
    const rule = rules.find(({ id, name }) => id === text.toLowerCase() || name === text)
    if (rule?.kind === 'event') found.add(rule)
    else {
      const message =
        rule === undefined
          ? `there is no rule with the id or name \`${text}\``
          : `\`${text}\` is a correlation; a filter is about the rules that it refers to`
      problems.push({ ...location, severity: 'error', code: 'filter.rules', message })
    }
  }
  return [...found]
}

/** All that the wider one names, the other names too. */
function isWithin(logsource: RuleMetadata['logsource'], wider: RuleMetadata['logsource']): boolean {
  return (['category', 'product', 'service'] as const).every(
    (key) => wider[key] === undefined || wider[key] === logsource[key],
  )
}
