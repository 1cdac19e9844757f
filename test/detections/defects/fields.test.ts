import { describe, expect, it } from 'vitest'
import type { Expr, FieldExpr } from '../../../src/contracts.ts'
import { auditRules } from '../../../src/detect/logsource.ts'
import { needsOf } from '../../../src/policy/rule-needs.ts'
import { readBuiltinRules } from '../corpus.ts'

function* leavesOf(expr: Expr): Iterable<FieldExpr> {
  if (expr.kind === 'field') yield expr
  else if (expr.kind === 'not') yield* leavesOf(expr.item)
  else if (expr.kind === 'and' || expr.kind === 'or')
    for (const item of expr.items) yield* leavesOf(item)
}

describe('the fields of a rule', () => {
  it('are those of events: what a rule asks for can stand in one', () => {
    const impossible = auditRules(readBuiltinRules().rules).filter(
      (rule) => needsOf(rule).length === 0,
    )
    expect(impossible.map(({ name }) => name)).toEqual([])
  })

  it('hold values that the API server sends: no verb `replace`, no code `ALLOW`', () => {
    const verbs = new Set('get list watch create update patch delete deletecollection'.split(' '))
    const leaves = auditRules(readBuiltinRules().rules).flatMap(({ condition }) => [
      ...leavesOf(condition),
    ])
    const asked = (path: string): string[] =>
      leaves.flatMap((leaf) => (leaf.path === path ? (leaf.test.onlyEquals ?? []) : []))
    expect(asked('verb').filter((verb) => !verbs.has(verb))).toEqual([])
    expect(asked('responseStatus.code').filter((code) => !/^[1-5][0-9]{2}$/.test(code))).toEqual([])
    expect(asked('level')).toEqual([])
    expect(
      asked('annotations.authorization.k8s.io/decision').filter(
        (d) => !/^(?:allow|forbid)$/.test(d),
      ),
    ).toEqual([])
  })
})
