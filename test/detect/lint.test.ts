import { describe, expect, it } from 'vitest'
import { lintRules } from '../../src/detect/lint.ts'
import { parseRule } from '../sigma/support.ts'

const whole = [
  'title: A rule',
  'id: 0e95725d-7320-415d-80f7-004da920fc11',
  'status: test',
  'author: example',
  'date: 2026-01-01',
  'level: low',
  'references: [https://example.com]',
  'falsepositives: [none]',
]

function ruleText(
  lines: readonly string[],
  selection: string,
  logsource = 'product: kubernetes',
): string {
  const detection = [
    `logsource: { ${logsource} }`,
    'detection:',
    `  selection: ${selection}`,
    '  condition: selection',
  ]
  return [...lines, ...detection].join('\n')
}

function lint(
  lines: readonly string[],
  selection = '{ verb: get }',
  logsource = 'product: kubernetes',
): string[] {
  return lintRules([parseRule(ruleText(lines, selection, logsource))], {
    knownFields: ['verb', 'annotations.*', 'requestQuery.'],
  }).map(({ severity, code, line, column }) => `${severity} ${code} ${line}:${column}`)
}

describe('lint', () => {
  it('has nothing to say of a whole rule', () => {
    expect(lint(whole, '{ verb: get, annotations.a/b: x, requestQuery.watch: 1 }')).toEqual([])
  })

  it('names every key that is missing', () => {
    expect(lint(['title: A rule'])).toEqual(
      ['id', 'status', 'author', 'date', 'level', 'references', 'falsepositives'].map(
        (key) => `warning lint.${key} 1:1`,
      ),
    )
  })

  it('names each unknown field once, at its place', () => {
    expect(lint(whole, '{ verb: get, objectref.resource: pods, annotation: x }')).toEqual([
      'warning lint.field 11:27',
      'warning lint.field 11:53',
    ])
    expect(lint(whole, '[word]')).toEqual([])
  })

  it('says which field was probably meant', () => {
    const messages = (field: string): string[] =>
      lintRules([parseRule(ruleText(whole, `{ ${field}: x }`))], {
        knownFields: ['verb', 'objectRef.resource', 'annotations.*', 'requestQuery.'],
      }).map(({ message }) => message.replace(/.*; /, ''))
    expect(messages('objectref.resource')).toEqual(['did you mean `objectRef.resource`?'])
    expect(messages('objectRef.resuorce')).toEqual(['did you mean `objectRef.resource`?'])
    expect(messages('annotation.a.b/c')).toEqual(['did you mean `annotations.a.b/c`?'])
    expect(messages('RequestQuery.watch')).toEqual(['did you mean `requestQuery.watch`?'])
    expect(messages('process.image')).toEqual(['correct its name'])
  })

  it('names tags that nobody finds, where the tags stand', () => {
    const tags =
      'tags: [attack.t1609, attack.t1552.007, attack.execution, attack.g0032, cve.2024-1, attack.t1609.001, attack.t0000, attack.excution, Attack.t1609]'
    expect(lint([...whole, tags])).toEqual([
      'warning lint.attack 9:1',
      'warning lint.attack 9:1',
      'warning lint.attack 9:1',
      'warning lint.tag 9:1',
    ])
  })

  it('warns of rules that are retired and evaluated all the same, and of rules without cases', () => {
    expect(lint(whole.map((line) => line.replace('status: test', 'status: deprecated')))).toEqual([
      'warning lint.retired 3:1',
    ])
    const problems = lintRules([parseRule(ruleText(whole, '{ verb: get }'))], {
      knownFields: ['verb'],
      hasTests: (path) => path !== 'rule.yml',
    })
    expect(problems).toEqual([
      {
        path: 'rule.yml',
        line: 1,
        column: 1,
        severity: 'warning',
        code: 'lint.untested',
        message:
          'nothing shows that this rule matches what it should; write cases into rule.test.yml',
      },
    ])
  })

  it('refuses unknown placeholders', () => {
    const custom =
      "kubewitness: { summary: '{actor} {annotations.x} {actr}', groupBy: [peerIp, host] }"
    expect(lint([...whole, custom])).toEqual([
      'error lint.placeholder 1:1',
      'error lint.placeholder 1:1',
    ])
  })

  it('warns of rules that are not evaluated', () => {
    expect(lint(whole, '{ verb: get }', 'product: windows')).toEqual([
      'warning logsource.other 1:1',
    ])
  })
})
