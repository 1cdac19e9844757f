import type { Rule } from '../../src/contracts.ts'
import { needsOf } from '../../src/policy/rule-needs.ts'

const levels = ['Metadata', 'Request', 'RequestResponse'] as const

/** The least audit level by which the rule can fire; of a correlation, the greatest of those that its rules need. */
export function auditLevelOfRule(rule: Rule, all: readonly Rule[]): string {
  return levels[rankOf(rule, all)] ?? 'Metadata'
}

function rankOf(rule: Rule, all: readonly Rule[]): number {
  if (rule.kind === 'event') {
    const ranks = needsOf(rule).map(({ auditLevel }) => levels.indexOf(auditLevel))
    return ranks.length === 0 ? 0 : Math.min(...ranks)
  }
  const referred = all.filter(({ id }) => rule.correlation.rules.includes(id))
  return Math.max(0, ...referred.map((each) => rankOf(each, all)))
}
