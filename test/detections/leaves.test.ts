import { describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../src/audit/event.ts'
import type { AuditEvent, Expr, Rule } from '../../src/contracts.ts'
import { createRuleSet } from '../../src/detect/match.ts'
import { readTestFile } from '../../src/detect/test-file.ts'
import { readBaseEvents, readBuiltinRules, testFileOf } from './corpus.ts'

const { rules } = readBuiltinRules()
const bases = readBaseEvents()

describe('every test in a condition is needed by some case beside the rule', () => {
  it.each(rules.map((rule) => [rule.name ?? rule.title, rule] as const))('%s', (_name, rule) => {
    const events = readTestFile(testFileOf(rule), bases).cases.map(({ event }) =>
      toAuditEvent(event, { cluster: 'test', receivedAtMs: 0 }),
    )
    const answers = answersOf(rule, events)
    const idle = negations(rule.condition).filter(
      ({ condition }) => answersOf({ ...rule, condition }, events) === answers,
    )
    expect(idle.map(({ leaf }) => leaf)).toEqual([])
  })
})

function answersOf(rule: Rule, events: readonly AuditEvent[]): string {
  const ruleSet = createRuleSet([rule], {
    onRuleFailure: (_rule, error) => {
      throw error
    },
  })
  return events.map((event) => ruleSet.matchEvent(event).length).join()
}

interface Mutant {
  readonly leaf: string
  readonly condition: Expr
}

/** The condition once for each of its leaves, with that leaf turned around. */
function negations(expr: Expr): readonly Mutant[] {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return expr.items.flatMap((item, place) =>
        negations(item).map(({ leaf, condition }) => ({
          leaf,
          condition: { kind: expr.kind, items: expr.items.with(place, condition) },
        })),
      )
    case 'not':
      return negations(expr.item).map(({ leaf, condition }) => ({
        leaf,
        condition: { kind: 'not', item: condition },
      }))
    case 'field':
    case 'fieldPair':
      return [
        {
          leaf: `${expr.selection}: ${expr.path} ${expr.test.description}`,
          condition: { kind: 'not', item: expr },
        },
      ]
    case 'keyword':
      return [
        {
          leaf: `${expr.selection}: ${expr.test.description}`,
          condition: { kind: 'not', item: expr },
        },
      ]
    default:
      return expr satisfies never
  }
}
