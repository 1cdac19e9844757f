import type { CorrelationRule, EventRule, Rule } from '../contracts.ts'

/** What a rule set does with its rules. */
export interface RuleRoles {
  /** Those to evaluate on events: for their own sake, or because a correlation refers to them. In the order given. */
  readonly events: readonly EventRule[]
  /** Those to evaluate on matches, in the order given. */
  readonly correlations: readonly CorrelationRule[]
  /** Ids of rules that say nothing by themselves: parts of correlations without `generate`, and what is evaluated only for one. */
  readonly silent: ReadonlySet<string>
}

/**
 * A rule that a correlation refers to is a part of it, whatever its own level, and is heard by itself only if one of
 * those correlations has `generate: true`. `isWanted` = the rule is to be evaluated for its own sake.
 */
export function rolesOf(rules: readonly Rule[], isWanted: (rule: Rule) => boolean): RuleRoles {
  const byId = new Map(rules.map((rule) => [rule.id, rule]))
  const parts = partsOf(rules)
  const heard = rules.filter((rule) => isWanted(rule) && parts.get(rule.id) !== 'silent')
  const evaluated = new Set<Rule>()
  const add = (rule: Rule | undefined): void => {
    if (rule === undefined || evaluated.has(rule)) return
    evaluated.add(rule)
    if (rule.kind === 'correlation') for (const id of rule.correlation.rules) add(byId.get(id))
  }
  for (const rule of heard) add(rule)
  const active = rules.filter((rule) => evaluated.has(rule))
  const heardIds = new Set(heard.map(({ id }) => id))
  return {
    events: active.filter((rule) => rule.kind === 'event'),
    correlations: active.filter((rule) => rule.kind === 'correlation'),
    silent: new Set(active.map(({ id }) => id).filter((id) => !heardIds.has(id))),
  }
}

/** The rules that correlations refer to, by id. */
function partsOf(rules: readonly Rule[]): ReadonlyMap<string, 'silent' | 'heard'> {
  const parts = new Map<string, 'silent' | 'heard'>()
  for (const rule of rules) {
    if (rule.kind !== 'correlation') continue
    const { rules: ids, generate } = rule.correlation
    for (const id of ids)
      if (generate || !parts.has(id)) parts.set(id, generate ? 'heard' : 'silent')
  }
  return parts
}
