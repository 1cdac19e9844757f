import { describe, expect, it } from 'vitest'
import type { Problem } from '../../src/contracts.ts'
import { runRuleTests } from '../../src/detect/rule-tests.ts'
import { parseRules } from '../../src/sigma/parse.ts'
import { execEvent } from './support.ts'

const { rules } = parseRules([
  {
    path: 'execution/pod_exec.yml',
    text: [
      'title: Exec',
      'logsource: { product: kubernetes }',
      'detection:',
      '  selection: { objectRef.subresource: exec, annotations.authorization.k8s.io/decision: allow }',
      '  condition: selection',
    ].join('\n'),
  },
  {
    path: 'other.yml',
    text: 'title: Other\nlogsource: { product: windows }\ndetection: { selection: { verb: get }, condition: selection }',
  },
])
const bases = new Map([['pod_exec', execEvent]])

function run(text: string, path = 'execution/pod_exec.test.yml'): ReturnType<typeof runRuleTests> {
  return runRuleTests({ rules, testFile: { path, text }, bases })
}

function problemsOf(text: string): string[] {
  return run(text).problems.map(({ code, line, column }: Problem) => `${code} ${line}:${column}`)
}

describe('the tests of a rule', () => {
  it('change base events by paths, and compare', () => {
    const text = [
      'cases:',
      '  - { name: as it is, base: pod_exec, expect: match }',
      '  - name: refused',
      '    base: pod_exec',
      '    change: { annotations."authorization.k8s.io/decision": forbid }',
      '    expect: none',
      '  - { name: log, base: pod_exec, change: { objectRef.subresource: null }, expect: match }',
      '  - { name: bare, event: { verb: get }, expect: match }',
      '  - { name: wrong, base: pod_exec, expect: none }',
    ].join('\n')
    const rule = 'pod_exec'
    const missed = 'the rule does not match this event and should'
    expect(run(text)).toEqual({
      problems: [],
      results: [
        { rule, case: 'as it is', passed: true, message: '' },
        { rule, case: 'refused', passed: true, message: '' },
        { rule, case: 'log', passed: false, message: missed },
        { rule, case: 'bare', passed: false, message: missed },
        {
          rule,
          case: 'wrong',
          passed: false,
          message: 'the rule matches this event and should not',
        },
      ],
    })
  })

  it('are one case for every value of `each`', () => {
    const text = [
      'cases:',
      '  - name: elsewhere',
      '    base: pod_exec',
      '    change: { objectRef: { resource: pods } }',
      '    each: { objectRef.subresource: [attach, log, null] }',
      '    expect: none',
    ].join('\n')
    expect(run(text).problems.map(({ message }) => message)).toEqual([
      '`objectRef.subresource` removes what is not there',
    ])
    expect(run(text).results.map((result) => [result.case, result.passed])).toEqual([
      ['elsewhere: attach', true],
      ['elsewhere: log', true],
    ])
    for (const each of ['1', '{}', '{ verb: get }', '{ verb: [] }', '{ a: [1], b: [1] }'])
      expect(
        problemsOf(`cases:\n  - { name: x, expect: none, base: pod_exec, each: ${each} }`),
      ).toEqual(['test.each 2:5'])
  })

  it('read arrays and new keys in paths, and leave the base as it is', () => {
    const text = [
      'cases:',
      '  - name: all kinds of paths',
      '    base: pod_exec',
      '    change: { user.groups.0: root, user.groups.1: null, a."b.c".d: 1, __proto__.x: 1, user.username: null }',
      '    expect: match',
    ].join('\n')
    const before = structuredClone(execEvent)
    expect(run(text).results[0]).toMatchObject({ case: 'all kinds of paths', passed: true })
    expect(execEvent).toEqual(before)
  })

  it('report every problem of the file', () => {
    expect(problemsOf('cases: [')).toEqual(['yaml.syntax 1:9'])
    expect(problemsOf('cases: []')).toEqual(['test.cases 1:1'])
    expect(problemsOf('cases:\n  - text')).toEqual(['test.case 2:5'])
    expect(problemsOf('cases:\n  - { base: pod_exec, expcet: match }')).toEqual([
      'test.key 2:23',
      'test.name 2:5',
      'test.expect 2:5',
    ])
    for (const start of ['base: nothing', 'base: pod_exec, event: {}', 'event: 1', '']) {
      expect(problemsOf(`cases:\n  - { name: x, expect: none, ${start} }`)).toEqual([
        'test.base 2:5',
      ])
    }
    for (const change of [
      '1',
      '{ a..b: 1 }',
      '{ ".a": 1 }',
      '{ a.: 1 }',
      '{ verb.x: 1 }',
      '{ verb.x.y: 1 }',
      '{ missing: null }',
      '{ a.b: null }',
    ]) {
      expect(
        problemsOf(`cases:\n  - { name: x, expect: none, base: pod_exec, change: ${change} }`),
      ).toEqual(['test.change 2:5'])
    }
  })

  it('need a rule beside them that is evaluated', () => {
    const text = 'cases: [{ name: x, base: pod_exec, expect: none }]'
    expect(run(text, 'missing.test.yml').problems).toEqual([
      {
        path: 'missing.test.yml',
        line: 1,
        column: 1,
        severity: 'error',
        code: 'test.rule',
        message: 'there is no rule to test: `missing.yml` holds none',
      },
    ])
    expect(run(text, 'other.test.yml').results).toEqual([
      {
        rule: 'other',
        case: 'x',
        passed: false,
        message:
          'this rule is about product windows and is not evaluated; ours have product kubernetes, service audit',
      },
    ])
  })
})
