import type { CorrelationRule, EventRule, Rule } from '../contracts.ts'
import { eventsOfCase, isMatched } from './case-verdict.ts'
import { type Condition, createConditionCompiler } from './compile.ts'
import { type CorrelationMutant, correlationMutantsOf } from './correlation-mutants.ts'
import { type Mapping, mapEventRule, mapRule } from './mapping.ts'
import { type Leaf, type Mutant, mutantsOf } from './mutants.ts'
import type { RuleCase } from './test-file.ts'

/** A leaf of which some change goes unnoticed. */
export interface UnnoticedLeaf {
  readonly leaf: Leaf
  /** What could be done to it, and every case would still pass. */
  readonly changes: readonly string[]
}

/**
 * The leaves that the cases do not hold: each is spoiled in every way there is, and some case has to come out otherwise.
 * The cases pass on the rule itself. `mapping` is applied to what was spoiled, so that a leaf is one of the file.
 */
export function unnoticedLeaves(
  rule: EventRule,
  cases: readonly RuleCase[],
  mapping: Mapping,
): readonly UnnoticedLeaf[] {
  const compiler = createConditionCompiler()
  const alive = new Map<Mutant, Condition>()
  for (const mutant of mutantsOf(rule.condition)) {
    const { condition } = mapEventRule({ ...rule, condition: mutant.condition }, mapping)
    alive.set(mutant, compiler.compile(condition))
  }
  for (const each of cases) {
    const event = eventsOfCase(each).at(-1)
    if (event !== undefined) compiler.look(event)
    for (const [mutant, condition] of alive)
      if (condition() !== each.isMatchExpected) alive.delete(mutant)
  }
  return leavesOf(alive.keys())
}

/** The same of an event rule that `correlation` refers to; the cases are about the correlation. `rules` are all that take part. */
export function unnoticedLeavesOfPart(
  part: EventRule,
  correlation: Rule,
  rules: readonly Rule[],
  cases: readonly RuleCase[],
  mapping: Mapping,
): readonly UnnoticedLeaf[] {
  const isUnnoticed = unnoticed(correlation, rules, cases, mapping)
  const mutants = [...mutantsOf(part.condition)]
  return leavesOf(mutants.filter(({ condition }) => isUnnoticed({ ...part, condition })))
}

/** The same of what a correlation says itself: `part` is the tested one, or one that it refers to. */
export function unnoticedKeysOfPart(
  part: CorrelationRule,
  correlation: Rule,
  rules: readonly Rule[],
  cases: readonly RuleCase[],
  mapping: Mapping,
): readonly CorrelationMutant[] {
  const isUnnoticed = unnoticed(correlation, rules, cases, mapping)
  const nameOf = (id: string): string => rules.find((rule) => rule.id === id)?.name ?? id
  return [...correlationMutantsOf(part, nameOf)].filter(({ rule }) => isUnnoticed(rule))
}

/** Whether all cases of a correlation still pass when one of the rules is spoiled. */
function unnoticed(
  correlation: Rule,
  rules: readonly Rule[],
  cases: readonly RuleCase[],
  mapping: Mapping,
): (spoiled: Rule) => boolean {
  const sequences = cases.map((each) => ({ ...each, events: eventsOfCase(each) }))
  const mapped = rules.map((rule) => mapRule(rule, mapping))
  return (spoiled) => {
    const all = mapped.map((rule) => (rule.id === spoiled.id ? mapRule(spoiled, mapping) : rule))
    return sequences.every(
      ({ events, isMatchExpected }) =>
        isMatched(correlation, all, events, () => undefined) === isMatchExpected,
    )
  }
}

function leavesOf(mutants: Iterable<Mutant>): readonly UnnoticedLeaf[] {
  const byLeaf = Map.groupBy(mutants, ({ leaf }) => leaf)
  return [...byLeaf].map(([leaf, some]) => ({ leaf, changes: some.map(({ change }) => change) }))
}
