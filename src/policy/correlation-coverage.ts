import type { CorrelationRule, Rule, RuleExpr } from '../contracts.ts'
import type { CoverageStatus, RuleCoverage } from './coverage.ts'

/** What an audit policy lets a rule or a correlation see. */
export interface AnyCoverage extends Omit<RuleCoverage, 'rule'> {
  readonly rule: Rule
}

/**
 * The coverage of all rules, in their order, from that of those about audit events: a correlation is blind when it cannot become true
 * without rules that are blind, fed when all its rules are, and else partly. Rules about other logs are left out, and blind.
 */
export function coverageOfAll(
  rules: readonly Rule[],
  coverage: readonly RuleCoverage[],
): readonly AnyCoverage[] {
  const known = new Map<string, AnyCoverage>(coverage.map((each) => [each.rule.id, each]))
  const waiting = new Set(rules.filter((rule) => rule.kind === 'correlation'))
  while (waiting.size > 0) {
    for (const rule of waiting) {
      const parts = rule.correlation.rules
      if ([...waiting].some(({ id }) => parts.includes(id))) continue
      known.set(rule.id, correlationCoverage(rule, rules, known))
      waiting.delete(rule)
    }
  }
  return rules.flatMap(({ id }) => known.get(id) ?? [])
}

function correlationCoverage(
  rule: CorrelationRule,
  rules: readonly Rule[],
  known: ReadonlyMap<string, AnyCoverage>,
): AnyCoverage {
  const { correlation } = rule
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
