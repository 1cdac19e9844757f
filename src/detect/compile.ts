import type { FieldNames } from '../audit/fields.ts'
import type { AuditEvent, Expr } from '../contracts.ts'
import { costOf } from './expr-cost.ts'
import { Leaves } from './leaves.ts'

/** The condition of one rule on the event that its compiler looks at. */
export type Condition = () => boolean

/** Compiles conditions that share what they read: over all of them a field is read, and a test run, once per event. */
export interface ConditionCompiler {
  /** Done once per rule at load. */
  compile(expr: Expr): Condition
  /** Makes `event` the one that every condition is about, until the next call. */
  look(event: AuditEvent): void
}

/** Where no step is left. */
const TRUE = -1
const FALSE = -2

/**
 * A condition becomes steps: a leaf, and the steps behind it if it is true and if it is not. They are few and lie together, as most rules
 * are evaluated seldom.
 */
export function createConditionCompiler(names: FieldNames = 'event'): ConditionCompiler {
  const leaves = new Leaves(names)
  /** Of every step three numbers; a step is the place of the first. */
  const steps: number[] = []

  /** The first step of an expression, made from behind: what follows is known. */
  const firstOf = (expr: Expr, ifTrue: number, ifFalse: number): number => {
    switch (expr.kind) {
      case 'and':
        return dearestFirst(expr.items).reduce((next, item) => firstOf(item, next, ifFalse), ifTrue)
      case 'or':
        return dearestFirst(expr.items).reduce((next, item) => firstOf(item, ifTrue, next), ifFalse)
      case 'not':
        return firstOf(expr.item, ifFalse, ifTrue)
      default:
        return steps.push(leaves.numberOf(expr), ifTrue, ifFalse) - 3
    }
  }

  return {
    compile: (expr) => {
      const first = firstOf(expr, TRUE, FALSE)
      return () => {
        let step = first
        while (step >= 0) step = steps[leaves.isTrue(steps[step]!) ? step + 1 : step + 2]!
        return step === TRUE
      }
    },
    look: (event) => leaves.look(event),
  }
}

/** Tests have no effects, so their order is ours to choose: the cheap ones are run first, and compiled last. */
function dearestFirst(items: readonly Expr[]): readonly Expr[] {
  return items.toSorted((a, b) => costOf(a) - costOf(b)).reverse()
}
