import type { Metrics } from '../contracts.ts'

/** How many rules are in use, and which of them are off: none of a set that has just been loaded. */
export interface RuleGauges {
  loaded(count: number): void
  disabled(rule: string): void
}

export function createRuleGauges(metrics: Metrics): RuleGauges {
  const off = new Set<string>()
  return {
    loaded: (count) => {
      metrics.set('kubewitness_rules_loaded', count)
      for (const rule of off) metrics.set('kubewitness_rule_disabled', 0, { rule })
      off.clear()
    },
    disabled: (rule) => {
      off.add(rule)
      metrics.set('kubewitness_rule_disabled', 1, { rule })
    },
  }
}
