import { describe, expect, it } from 'vitest'
import type { AlertReason } from '../../src/contracts.ts'
import { reasonsOf } from '../../src/detect/explain.ts'
import { parseRule, ruleText } from '../sigma/support.ts'
import { eventOf, execEvent } from './support.ts'

function reasons(
  detection: string,
  condition = 'a',
  raw: Readonly<Record<string, unknown>> = execEvent,
): AlertReason[] {
  return reasonsOf(parseRule(ruleText(detection, condition)), eventOf(raw))
}

describe('the reasons of a match', () => {
  it('S92 are the tests that held, each with the value that it held of', () => {
    expect(
      reasons(
        'a: { verb: [list, GET], user.groups: system:authenticated }\nb: { responseStatus.code: 101 }',
        'a and b',
      ),
    ).toEqual([
      { selection: 'a', field: 'verb', value: 'get' },
      { selection: 'a', field: 'user.groups', value: 'system:authenticated' },
      { selection: 'b', field: 'responseStatus.code', value: '101' },
    ])
  })

  it('leave out negations and alternatives that did not hold', () => {
    expect(
      reasons(
        'a: { verb: get }\nb: { verb: list }\nc: { verb: watch, stage: Panic }',
        '(a or b or c) and not b',
      ),
    ).toEqual([{ selection: 'a', field: 'verb', value: 'get' }])
    expect(reasons('a: { verb: get }', 'not not a')).toEqual([])
    const detection =
      'a: { verb: get }\nb: { stage: ResponseStarted }\nc: { responseStatus.code: 101 }'
    expect(reasons(detection, '(a and not b) or c')).toEqual([
      { selection: 'c', field: 'responseStatus.code', value: '101' },
    ])
  })

  it('tell a field once per selection, and an absent one as absent', () => {
    expect(reasons('a: { impersonatedUser: null, verb|exists: true }', 'a or a')).toEqual([
      { selection: 'a', field: 'impersonatedUser', value: '(absent)' },
      { selection: 'a', field: 'verb', value: 'get' },
    ])
    expect(
      reasons('a: { userAgent: null, x|exists: true }', 'a', { userAgent: null, x: [] }),
    ).toEqual([
      { selection: 'a', field: 'userAgent', value: 'null' },
      { selection: 'a', field: 'x', value: '(empty)' },
    ])
  })

  it('show keywords, objects and several values', () => {
    expect(reasons('a: [kubectl]')).toEqual([
      { selection: 'a', field: 'keyword', value: 'kubectl/v1.36.3' },
    ])
    expect(reasons('a: { annotations|exists: true }')).toEqual([
      { selection: 'a', field: 'annotations', value: '{"authorization.k8s.io/decision":"allow"}' },
    ])
    expect(reasons('a: { user.groups|all: [developers, system:authenticated] }')).toEqual([
      { selection: 'a', field: 'user.groups', value: 'developers' },
    ])
  })

  it('are cut to 200 characters, and to 12', () => {
    expect(reasons('a: { userAgent|contains: x }', 'a', { userAgent: 'x'.repeat(500) })).toEqual([
      { selection: 'a', field: 'userAgent', value: `${'x'.repeat(199)}…` },
    ])
    const fields = Array.from({ length: 20 }, (_, number) => `f${number}`)
    const raw = Object.fromEntries(fields.map((field) => [field, 'x']))
    expect(
      reasons(`a: { ${fields.map((field) => `${field}: x`).join(', ')} }`, 'a', raw),
    ).toHaveLength(12)
  })

  it('are none for an event that does not match', () => {
    expect(reasons('a: { verb: get, stage: Panic }')).toEqual([])
  })
})
