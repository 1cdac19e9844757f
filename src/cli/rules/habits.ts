import type { AuditEvent, Rule } from '../../contracts.ts'
import { createBaselines } from '../../detect/baseline/baselines.ts'
import type { Learnt } from '../../detect/baseline/learnt.ts'
import type { CorrelationMatch } from '../../detect/correlate/correlator.ts'
import { createCorrelator } from '../../detect/correlate/create.ts'
import { createRuleSet, type RuleMatch } from '../../detect/match.ts'

/** What the baselines of some rules learn from one event after the other. */
export interface Habits {
  see(event: AuditEvent): void
  /** Of each rule whose match the last event brought, by id: whether it is told, and what is known of its key. */
  readonly last: ReadonlyMap<string, HabitOfMatch>
  /** All that was learnt for a rule. */
  learnt(rule: string): readonly Learnt[]
}

export interface HabitOfMatch {
  readonly isTold: boolean
  /** Absent when a field was missing: nothing was learnt. */
  readonly learnt: Learnt | undefined
}

/** Undefined when no rule has a baseline. */
export function createHabits(rules: readonly Rule[]): Habits | undefined {
  const ruleSet = createRuleSet(rules, { onRuleFailure: () => undefined })
  const found = createBaselines(ruleSet.rules, ruleSet.correlations)
  if (found === undefined) return undefined
  const baselines = found
  const correlator = createCorrelator(ruleSet.correlations, { eventRules: ruleSet.rules })
  const last = new Map<string, HabitOfMatch>()
  const keep = <T extends RuleMatch | CorrelationMatch>(matches: readonly T[]): readonly T[] => {
    const told = baselines.keep(matches)
    for (const match of matches) {
      const learnt = baselines.learntOf(match)
      last.set(match.rule.id, { isTold: told.includes(match), learnt })
    }
    return told
  }
  return {
    last,
    see: (event) => {
      last.clear()
      const told = keep(ruleSet.matchEvent(event))
      if (told.length > 0) keep(correlator.accept(told, ''))
      if (event.timeUs > 0)
        keep(correlator.advance(event.cluster, '', event.timeUs, Number.POSITIVE_INFINITY))
    },
    learnt: (rule) => baselines.learnt(rule),
  }
}
