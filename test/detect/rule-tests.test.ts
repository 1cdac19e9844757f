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

const counted = parseRules([
  {
    path: 'burst.yml',
    text: [
      'title: Part',
      'name: burst_part',
      'logsource: { product: kubernetes }',
      'detection: { selection: { verb: get, objectRef.resource: pods }, condition: selection }',
      '---',
      'title: Burst',
      'name: burst',
      'correlation:',
      '  type: value_count',
      '  rules: burst_part',
      '  group-by: user.username',
      '  timespan: 1m',
      '  condition: { field: objectRef.name, gte: 3 }',
    ].join('\n'),
  },
])

function runSequence(...cases: readonly string[]): ReturnType<typeof runRuleTests> {
  const text = ['cases:', ...cases.map((each) => `  - { base: pod_exec, ${each} }`)].join('\n')
  return runRuleTests({
    rules: counted.rules,
    testFile: { path: 'burst.test.yml', text },
    bases,
  })
}

describe('the tests of a rule that counts', () => {
  const before = 'before: [{ base: pod_exec, each: { objectRef.name: [a, b] }, after: 10s }]'

  it('have events before, at their times', () => {
    const { results, problems } = runSequence(
      `name: third, ${before}, expect: match`,
      `name: third long after, ${before}, after: 2m, expect: none`,
      'name: the same twice, before: [{ base: pod_exec, repeat: 2 }], expect: none',
      `name: another verb, ${before}, change: { verb: create }, expect: none`,
      `name: another resource, ${before}, change: { objectRef.resource: nodes }, expect: none`,
      `name: wrong, ${before}, expect: none`,
    )
    expect(problems).toEqual([])
    expect(results.map((result) => [result.rule, result.case, result.passed])).toEqual([
      ['burst', 'third', true],
      ['burst', 'third long after', true],
      ['burst', 'the same twice', true],
      ['burst', 'another verb', true],
      ['burst', 'another resource', true],
      ['burst', 'wrong', false],
    ])
  })

  it('hold every leaf of the rules that it refers to', () => {
    const { results } = runSequence(
      `name: third, ${before}, expect: match`,
      `name: another verb, ${before}, change: { verb: create }, expect: none`,
    )
    expect(results.filter(({ passed }) => !passed).map((result) => result.case)).toEqual([
      'selection: objectRef.resource equals pods',
      'burst: condition',
      'burst: timespan',
      'burst: group-by',
    ])
  })

  it('hold its numbers, its timespan, its rules and its groups', () => {
    const other = 'change: { objectRef.resource: nodes }'
    const cases = [
      `name: third, ${before}, expect: match`,
      `name: another verb, ${before}, change: { verb: create }, expect: none`,
      `name: another resource, ${before}, ${other}, expect: none`,
    ]
    const unnoticed = (...more: readonly string[]): unknown[] =>
      runSequence(...cases, ...more)
        .results.filter(({ passed }) => !passed)
        .map((result) => [result.case, /notices when this (.*); add/.exec(result.message)?.[1]])
    const slowly = (after: string): string =>
      `before: [{ base: pod_exec, each: { objectRef.name: [a, b] }, after: ${after} }], after: ${after}`
    const two =
      'name: two, before: [{ base: pod_exec, change: { objectRef.name: a } }], expect: none'
    expect(unnoticed()).toEqual([
      ['burst: condition', 'asks gte 2'],
      ['burst: timespan', 'is half as long, or is twice as long'],
      ['burst: group-by', 'loses `user.username`'],
    ])
    expect(unnoticed(two, `name: within, ${slowly('20s')}, expect: match`)).toEqual([
      ['burst: timespan', 'is twice as long'],
      ['burst: group-by', 'loses `user.username`'],
    ])
    const others = ['x', 'y'].map(
      (user) => `{ base: pod_exec, change: { user.username: ${user}, objectRef.name: ${user} } }`,
    )
    expect(
      unnoticed(
        two,
        `name: within, ${slowly('20s')}, expect: match`,
        `name: too slowly, ${slowly('40s')}, expect: none`,
        `name: others, before: [${others.join(', ')}], expect: none`,
      ),
    ).toEqual([])
  })

  it('say what is wrong with a sequence', () => {
    for (const wrong of [
      'before: 1',
      'before: [1]',
      'before: [{ base: nothing }]',
      'before: [{ base: pod_exec, reapeat: 1 }]',
      'before: [{ base: pod_exec, repeat: 0 }]',
      'before: [{ base: pod_exec, after: soon }]',
      'before: [{ base: pod_exec, change: { a..b: 1 } }]',
      'before: [{ base: pod_exec, change: { verb.x: 1 } }]',
      'before: [{ base: pod_exec, each: { verb: [] } }]',
      'before: [{ base: pod_exec }], after: soon',
      'after: 1s',
    ])
      expect(
        runSequence(`name: x, ${wrong}, expect: none`).problems.map(({ code }) => code),
      ).toEqual(['test.before'])
  })
})

describe('the tests of a rule about what is remembered', () => {
  it('know the credentials of the events before', () => {
    const remembering = parseRules([
      {
        path: 'place.yml',
        text: 'title: Place\nlogsource: { product: kubernetes }\ndetection: { s: { credential.place: elsewhere }, condition: s }',
      },
    ])
    const user = `user: { username: 'system:serviceaccount:a:b', extra: { authentication.kubernetes.io/pod-uid: [u] } }`
    const change = `change: { ${user}, userAgent: app/1, sourceIPs: [192.0.2.9] }`
    const text = [
      'cases:',
      `  - { name: elsewhere, before: [{ base: pod_exec, ${change} }], base: pod_exec, change: { ${user} }, expect: match }`,
      `  - { name: first, base: pod_exec, change: { ${user} }, expect: none }`,
    ].join('\n')
    const { results, problems } = runRuleTests({
      rules: remembering.rules,
      testFile: { path: 'place.test.yml', text },
      bases,
    })
    expect([problems, results.filter(({ passed }) => !passed)]).toEqual([[], []])
  })
})
