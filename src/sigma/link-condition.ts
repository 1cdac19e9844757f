import type { CorrelationCondition, RuleExpr, ThresholdTest } from '../contracts.ts'
import { combine, parseCondition } from './condition.ts'
import type { ConditionDialect } from './condition-tokens.ts'
import type { WrittenParts } from './correlation.ts'
import type { FieldOf } from './link-fields.ts'
import { passesThreshold } from './number-test.ts'
import type { Referred } from './referred.ts'
import { type DocumentReader, offsetInside } from './yaml-nodes.ts'

/** The condition about the rules that it means. Undefined when it has problems, which are reported by then. */
export function linkCondition(
  { type, condition }: WrittenParts,
  referred: readonly Referred[],
  fieldOf: FieldOf,
  reader: DocumentReader,
): CorrelationCondition | undefined {
  switch (condition.kind) {
    case 'allRules':
      return allOf(referred)
    case 'threshold': {
      if (type === 'temporal_ordered') return onlyAllOf(referred, condition, reader)
      const fields = Object.freeze(condition.fields.map(({ text }) => fieldOf(text)))
      const { offset: _offset, ...rest } = condition
      return Object.freeze({ ...rest, fields })
    }
    case 'text': {
      const expression = linkExpression(condition, referred, reader)
      return expression === undefined ? undefined : Object.freeze({ kind: 'rules', expression })
    }
    default:
      return condition satisfies never
  }
}

function allOf(referred: readonly Referred[]): CorrelationCondition {
  const leaves = referred.map(({ rule }) => Object.freeze({ kind: 'rule' as const, rule: rule.id }))
  return Object.freeze({ kind: 'rules', expression: combine('and', leaves) })
}

/** A sequence of fewer steps than there are rules is none that the rule names: the number can only be that of all. */
function onlyAllOf(
  referred: readonly Referred[],
  { tests, offset }: { readonly tests: readonly ThresholdTest[]; readonly offset: number },
  { problems }: DocumentReader,
): CorrelationCondition | undefined {
  const { length } = referred
  const passing = Array.from({ length: length + 1 }, (_none, count) => count).filter((count) =>
    tests.every((test) => passesThreshold(count, test)),
  )
  if (passing.length === 1 && passing[0] === length) return allOf(referred)
  const message = `a sequence is of all its ${length} rules; leave the condition out, or write which rules it is about`
  return problems.error(offset, 'correlation.condition', message) as undefined
}

const ofRules: ConditionDialect = { operand: 'rule', hasQuantifiers: false, hasCapitals: true }

function linkExpression(
  { text, node }: { readonly text: string; readonly node: unknown },
  referred: readonly Referred[],
  { problems }: DocumentReader,
): RuleExpr | undefined {
  const leaves = referred.map(({ rule }) => Object.freeze({ kind: 'rule' as const, rule: rule.id }))
  const operands = new Map(
    referred.flatMap((each, place) =>
      [each.rule.id, each.rule.name ?? each.text, each.text].map(
        (name) => [name, leaves[place]!] as const,
      ),
    ),
  )
  const result = parseCondition(text, operands, ofRules)
  if ('problem' in result) {
    const { at, code, message } = result.problem
    return problems.error(offsetInside(node, at), code, message) as undefined
  }
  const used = rulesOf(result.expr)
  for (const { text: name, offset, rule } of referred) {
    if (!used.has(rule.id))
      problems.error(offset, 'correlation.rules', `the condition does not use the rule \`${name}\``)
  }
  if (!isTrueOfNothing(result.expr)) return result.expr
  const message = 'the condition is true where no rule matches; it needs a rule without `not`'
  return problems.error(offsetInside(node, 0), 'correlation.condition', message) as undefined
}

/** Ids of the rules in an expression. */
export function rulesOf(expr: RuleExpr): ReadonlySet<string> {
  if (expr.kind === 'rule') return new Set([expr.rule])
  const items = expr.kind === 'not' ? [expr.item] : expr.items
  return new Set(items.flatMap((item) => [...rulesOf(item)]))
}

function isTrueOfNothing(expr: RuleExpr): boolean {
  switch (expr.kind) {
    case 'and':
      return expr.items.every(isTrueOfNothing)
    case 'or':
      return expr.items.some(isTrueOfNothing)
    case 'not':
      return !isTrueOfNothing(expr.item)
    case 'rule':
      return false
    default:
      return expr satisfies never
  }
}
