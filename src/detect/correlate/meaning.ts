import { hash } from 'node:crypto'
import type { CorrelationRule, EventRule, Expr, ValueTest } from '../../contracts.ts'
import { readSettings } from './settings.ts'

/** Which of the rules are there, by id. */
export interface RulesById {
  readonly events: ReadonlyMap<string, EventRule>
  readonly correlations: ReadonlyMap<string, CorrelationRule>
}

/**
 * Hash of all that decides what a correlation matches: its own conditions and those of the rules that it refers to, not
 * their texts. What was remembered under another meaning is of no use.
 */
export function meaningOf(rule: CorrelationRule, rules: RulesById): string {
  return hash('sha256', JSON.stringify(correlationMeaning(rule, rules)), 'hex').slice(0, 16)
}

/** The same of an event rule, and of what else decides. */
export function meaningOfEventRule(rule: EventRule, own: unknown): string {
  const content = [rule.id, rule.logsource, conditionMeaning(rule.condition), own]
  return hash('sha256', JSON.stringify(content), 'hex').slice(0, 16)
}

function correlationMeaning(rule: CorrelationRule, rules: RulesById): unknown {
  const { generate: _, ...correlation } = rule.correlation
  const { count, latenessUs } = readSettings(rule).settings
  const parts = correlation.rules.map((id) => {
    const inner = rules.correlations.get(id)
    if (inner !== undefined) return correlationMeaning(inner, rules)
    const event = rules.events.get(id)
    return event === undefined ? id : [event.logsource, conditionMeaning(event.condition)]
  })
  return [rule.id, correlation, count, latenessUs, rule.custom['baseline'], parts]
}

function conditionMeaning(expr: Expr): unknown {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return [expr.kind, ...expr.items.map(conditionMeaning)]
    case 'not':
      return ['not', conditionMeaning(expr.item)]
    case 'field':
      return [expr.paths ?? expr.path, testMeaning(expr.test)]
    case 'keyword':
      return ['keyword', testMeaning(expr.test)]
    case 'elements':
      return [expr.path, expr.quantifier, conditionMeaning(expr.item)]
    case 'fieldPair':
      return [expr.path, expr.otherPath, expr.test.description]
    default:
      return expr satisfies never
  }
}

/** The description of a long list ends early; what is necessary and sufficient does not, and says whether case counts. */
function testMeaning({
  kind,
  description,
  needsPresence,
  onlyIf,
  trueIf,
  withoutEach,
}: ValueTest): unknown {
  const isWhole = onlyIf !== undefined && trueIf !== undefined
  const values = isWhole ? [] : [...(withoutEach?.() ?? [])].map(({ without }) => without)
  return [kind, description, needsPresence, onlyIf, trueIf, values]
}
