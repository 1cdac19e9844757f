import type { AuditPolicy } from '../audit/policy/types.ts'
import type { CorrelationRule, EventRule, Rule, RuleExpr } from '../contracts.ts'
import { type CoverageStatus, coverageUnder, type RuleCoverage } from './coverage.ts'

/** What an audit policy lets a rule or a correlation see. */
export interface AnyCoverage extends Omit<RuleCoverage, 'rule'> {
  readonly rule: Rule
}

/**
 * What an audit policy lets all rules see, in their order: a correlation is blind when it cannot become true without rules that are
 * blind, fed when all its rules are, and else partly; what it groups and counts by, its rules have to have. `audited` are the
 * rules about audit events; those about other logs are left out, and blind.
 */
export function coverageOfAll(
  rules: readonly Rule[],
  audited: readonly EventRule[],
  policy: AuditPolicy,
): readonly AnyCoverage[] {
  const coverage = coverageUnder(policy)
  const known = new Map<string, AnyCoverage>(audited.map((rule) => [rule.id, coverage(rule)]))
  const eventRules = new Map(audited.map((rule) => [rule.id, rule]))
  const waiting = new Set(rules.filter((rule) => rule.kind === 'correlation'))
  while (waiting.size > 0) {
    for (const rule of waiting) {
      const parts = rule.correlation.rules
      if ([...waiting].some(({ id }) => parts.includes(id))) continue
      const ofPart = (id: string): Coverage | undefined => {
        const part = eventRules.get(id)
        return part === undefined ? known.get(id) : coverage(part, fieldsAskedOf(rule, id))
      }
      known.set(rule.id, correlationCoverage(rule, rules, ofPart))
      waiting.delete(rule)
    }
  }
  return rules.flatMap(({ id }) => known.get(id) ?? [])
}

/** The fields that one of a correlation's rules has to have, for the correlation to group, count and sum by. */
export function fieldsAskedOf({ correlation }: CorrelationRule, id: string): readonly string[] {
  const { groupBy, condition } = correlation
  const fields = [...groupBy, ...(condition.kind === 'threshold' ? condition.fields : [])]
  return fields.flatMap(({ sourceByRule }) => {
    const source = sourceByRule[id]
    return source?.kind === 'event' ? source.paths : []
  })
}

/** The fields that correlations ask of the matches of rules, by the rule's id. */
export function fieldsAskedByCorrelations(
  rules: readonly Rule[],
): ReadonlyMap<string, readonly string[]> {
  const asked = new Map<string, readonly string[]>()
  for (const rule of rules) {
    if (rule.kind !== 'correlation') continue
    for (const id of rule.correlation.rules)
      asked.set(id, [...(asked.get(id) ?? []), ...fieldsAskedOf(rule, id)])
  }
  return asked
}

type Coverage = Pick<AnyCoverage, 'status' | 'missing'>

function correlationCoverage(
  rule: CorrelationRule,
  rules: readonly Rule[],
  ofPart: (id: string) => Coverage | undefined,
): AnyCoverage {
  const { correlation } = rule
  const known = new Map(correlation.rules.map((id) => [id, ofPart(id)]))
  const nameOf = (id: string): string => rules.find((other) => other.id === id)?.name ?? id
  const statusOf = (id: string): CoverageStatus => known.get(id)?.status ?? 'blind'
  const isSeen = (id: string): boolean => statusOf(id) !== 'blind'
  const canBeTrue =
    correlation.condition.kind === 'rules'
      ? canHold(correlation.condition.expression, isSeen)
      : correlation.rules.some(isSeen)
  const missing = correlation.rules.flatMap((id) => {
    const why = known.get(id)?.missing ?? ['it is about other logs']
    return why.map((sentence) => `${nameOf(id)}: ${sentence}`)
  })
  const isFed = correlation.rules.every((id) => statusOf(id) === 'fed')
  return { rule, status: !canBeTrue ? 'blind' : isFed ? 'fed' : 'partly', missing }
}

/** Whether the expression can be true when only some of its rules are ever seen. */
function canHold(expr: RuleExpr, isSeen: (id: string) => boolean): boolean {
  switch (expr.kind) {
    case 'rule':
      return isSeen(expr.rule)
    case 'not':
      return true
    case 'and':
      return expr.items.every((item) => canHold(item, isSeen))
    case 'or':
      return expr.items.some((item) => canHold(item, isSeen))
    default:
      return expr satisfies never
  }
}
