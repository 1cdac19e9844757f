import { toAuditEvent } from '../audit/event.ts'
import type { EventRule } from '../contracts.ts'
import { type Condition, createConditionCompiler } from './compile.ts'
import { type Mapping, mapEventRule } from './mapping.ts'
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
  for (const { event, isMatchExpected } of cases) {
    compiler.look(toAuditEvent({ ...event }, { cluster: 'test', receivedAtMs: 0 }))
    for (const [mutant, condition] of alive)
      if (condition() !== isMatchExpected) alive.delete(mutant)
  }
  const byLeaf = Map.groupBy(alive.keys(), ({ leaf }) => leaf)
  return [...byLeaf].map(([leaf, mutants]) => ({
    leaf,
    changes: mutants.map(({ change }) => change),
  }))
}
