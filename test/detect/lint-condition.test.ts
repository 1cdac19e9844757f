import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../src/audit/event.ts'
import type { EventRule } from '../../src/contracts.ts'
import { createConditionCompiler } from '../../src/detect/compile.ts'
import { lintCondition } from '../../src/detect/lint-condition.ts'
import { canBe } from '../../src/detect/satisfy.ts'
import { parseRule } from '../sigma/support.ts'

function ruleOf(selections: Readonly<Record<string, string>>, condition: string): EventRule {
  const lines = Object.entries(selections).map(([name, text]) => `  ${name}: ${text}`)
  const head = ['title: A', 'logsource: { product: kubernetes }', 'detection:']
  return parseRule([...head, ...lines, `  condition: ${condition}`].join('\n'))
}

function lint(selections: Readonly<Record<string, string>>, condition: string): string[] {
  return lintCondition(ruleOf(selections, condition)).map(
    ({ code, line, column }) => `${code} ${line}:${column}`,
  )
}

describe('lint of conditions', () => {
  it('finds selections that ask two things of a field with one value', () => {
    expect(lint({ s: '[{ verb: get, verb|contains: e }, { verb: list }]' }, 's')).toEqual([])
    for (const both of [
      '{ verb: get, verb|re: x, verb|exists: false }',
      '{ verb: get, verb|cased: list }',
      '{ verb: get, verb|startswith: l }',
      '{ verb: get, verb|exists: false }',
      '{ verb: null, verb|cased: get }',
      '{ responseStatus.code: 200, responseStatus.code|all: [201, "2*"] }',
    ])
      expect(lint({ s: both }, 's'), both).toEqual(['lint.contradiction 4:8'])
  })

  it('lets lists, bodies, patterns and case be', () => {
    for (const both of [
      '{ sourceIPs: 192.0.2.1, sourceIPs|cased: 192.0.2.2 }',
      '{ requestObject.spec.x: 1, requestObject.spec.x|cased: "2" }',
      '{ verb: get, verb|cased: GET }',
      '{ user.groups: a, user.groups|cased: b }',
    ])
      expect(lint({ s: both }, 's'), both).toEqual([])
    expect(lint({ a: '{ verb: get }', b: '{ verb|cased: get }' }, 'a and not b')).toEqual([])
    expect(lint({ a: '{ verb: get }', b: '{ verb|re: ^get$ }' }, 'a and not b')).toEqual([])
  })

  it('finds conditions that are true of nothing, or of everything', () => {
    const verbs = { a: '{ verb: get }', b: '{ verb: list }' }
    expect(lint(verbs, 'a and b')).toEqual(['lint.neverTrue 1:1'])
    expect(lint(verbs, 'a and not a or b and not b')).toEqual([
      'lint.contradiction 4:8',
      'lint.contradiction 5:8',
    ])
    expect(lint(verbs, 'not a or not b')).toEqual(['lint.alwaysTrue 1:1'])
    expect(lint({ a: '[{ verb|exists: true }, { verb: null }]' }, 'a')).toEqual([
      'lint.alwaysTrue 4:9',
    ])
  })

  it('finds selections that make no difference, at their place', () => {
    const verbs = { a: '{ verb: get }', b: '{ verb: list }', c: '{ stage: Panic }' }
    expect(lint(verbs, 'a and not b')).toEqual(['lint.idle 5:8'])
    expect(lint(verbs, 'a or (a and c) or b')).toEqual(['lint.idle 6:8'])
    expect(lint(verbs, '(a or b) and not c')).toEqual([])
  })

  it('gives up where there is too much to try, and says nothing', () => {
    const selections = Object.fromEntries(
      Array.from({ length: 40 }, (_none, i) => [
        `s${i}`,
        `[{ verb|contains: "${i}" }, { userAgent|contains: "${i}" }]`,
      ]),
    )
    expect(lint(selections, 'all of s*')).toEqual([])
  })
})

const values = [undefined, null, 'get', 'GET', 'list', 'other', '']
const tests = [
  'verb: get',
  'verb: [get, list]',
  'verb|cased: GET',
  'verb: null',
  'verb|exists: true',
]
const others = [
  'verb|contains: e',
  'verb|re: ^get',
  'stage: get',
  'stage|exists: false',
  'verb: "*"',
]
const leaf = fc.constantFrom(...tests, ...others)

it('what is called impossible never happens', () => {
  const condition = fc.constantFrom(
    'a and b',
    'a and not b',
    'not a and not b',
    'a or b',
    '(a or b) and not c',
    'not (a and b) or c',
  )
  fc.assert(
    fc.property(fc.tuple(leaf, leaf, leaf), condition, ([a, b, c], text) => {
      const rule = ruleOf({ a: `{ ${a} }`, b: `{ ${b} }`, c: `{ ${c} }` }, text)
      const compiler = createConditionCompiler()
      const holds = compiler.compile(rule.condition)
      const seen = new Set<boolean>()
      for (const verb of values)
        for (const stage of values) {
          const event = {
            ...(verb === undefined ? {} : { verb }),
            ...(stage === undefined ? {} : { stage }),
          }
          compiler.look(toAuditEvent(event, { cluster: 'test', receivedAtMs: 0 }))
          seen.add(holds())
        }
      for (const wanted of [true, false])
        if (seen.has(wanted)) expect(canBe(rule.condition, wanted)).toBe('possible')
    }),
    { numRuns: 500 },
  )
})
