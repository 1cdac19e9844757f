import type { Labels, MetricName, Metrics } from '../contracts.ts'

/** How many rules are in use, which of them are off, and what is measured of each: nothing of a set that has just been loaded. */
export interface RuleGauges {
  loaded(count: number): void
  disabled(rule: string): void
  /** A gauge of one rule. */
  measured(name: MetricName, value: number, labels: Labels): void
}

export function createRuleGauges(metrics: Metrics): RuleGauges {
  const off = new Set<string>()
  const measured = new Map<string, () => void>()
  return {
    loaded: (count) => {
      metrics.set('kubewitness_rules_loaded', count)
      for (const rule of off) metrics.set('kubewitness_rule_disabled', 0, { rule })
      off.clear()
      for (const reset of measured.values()) reset()
      measured.clear()
    },
    disabled: (rule) => {
      off.add(rule)
      metrics.set('kubewitness_rule_disabled', 1, { rule })
    },
    measured: (name, value, labels) => {
      metrics.set(name, value, labels)
      measured.set(`${name} ${Object.values(labels).join(' ')}`, () => metrics.set(name, 0, labels))
    },
  }
}
