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

function lint(
  lines: readonly string[],
  selection = '{ verb: get }',
  logsource = 'product: kubernetes',
): string[] {
  const detection = [
    `logsource: { ${logsource} }`,
    'detection:',
    `  selection: ${selection}`,
    '  condition: selection and not selection',
  ]
  const rule = parseRule([...lines, ...detection].join('\n'))
  return lintRules([rule], { knownFields: ['verb', 'annotations.*', 'requestQuery.'] }).map(
    ({ severity, code, line, column }) => `${severity} ${code} ${line}:${column}`,
  )
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
