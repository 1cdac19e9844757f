import type { AuditEvent, EventRule, Rule } from '../contracts.ts'
import { eventsOfCase, isMatched } from './case-verdict.ts'
import { type Condition, createConditionCompiler } from './compile.ts'
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
  const sequences = cases.map((each) => ({ ...each, events: eventsOfCase(each) }))
  const others = rules.filter(({ id }) => id !== part.id).map((rule) => mapRule(rule, mapping))
  const isUnnoticed = ({ condition }: Mutant): boolean => {
    const spoiled = mapEventRule({ ...part, condition }, mapping)
    return sequences.every(
      ({ events, isMatchExpected }: { events: readonly AuditEvent[]; isMatchExpected: boolean }) =>
        isMatched(correlation, [...others, spoiled], events, () => undefined) === isMatchExpected,
    )
  }
  return leavesOf([...mutantsOf(part.condition)].filter(isUnnoticed))
}

function leavesOf(mutants: Iterable<Mutant>): readonly UnnoticedLeaf[] {
  const byLeaf = Map.groupBy(mutants, ({ leaf }) => leaf)
  return [...byLeaf].map(([leaf, some]) => ({ leaf, changes: some.map(({ change }) => change) }))
}
