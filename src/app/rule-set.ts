import type { Rule } from '../contracts.ts'
import { createRuleSet, type RuleSet } from '../detect/match.ts'
import type { RuleOrder } from './detect-messages.ts'
import { loadRules } from './rule-files.ts'

/** Parses and compiles an order. Throws `rules.invalid`. `onRuleFailure` is told once of a rule that threw and is now off. */
export function compileOrder(
  order: RuleOrder,
  onRuleFailure: (rule: Rule, error: unknown) => void,
): RuleSet {
  const { rules } = loadRules(order.files, order)
  return createRuleSet(rules, { minimumLevel: order.minimumLevel, onRuleFailure })
}
