import { describe, expect, it } from 'vitest'
import { parseMapping } from '../../src/detect/mapping-file.ts'
import { mutantsOf } from '../../src/detect/mutants.ts'
import { runRuleTests } from '../../src/detect/rule-tests.ts'
import { parseRules } from '../../src/sigma/parse.ts'
import { parseRule } from '../sigma/support.ts'

const head = 'title: A\nlogsource: { product: kubernetes }\n'

function untested(detection: string, cases: readonly string[], mappingText = '{}'): string[] {
  const { rules } = parseRules([{ path: 'a.yml', text: head + detection }])
  const { mapping } = parseMapping({ path: 'mapping.yml', text: mappingText })
  const text = `cases:\n${cases.map((each) => `  - { ${each} }`).join('\n')}`
  const testFile = { path: 'a.test.yml', text }
  return runRuleTests({ rules, testFile, bases: new Map(), mapping })
    .results.filter(({ passed }) => !passed)
    .map((result) => `${result.case}: ${result.message}`)
}

const listed =
  'detection: { s: { verb: [get, list], stage: Panic }, f: { verb: list }, condition: s and not f }'
const match = 'name: a, expect: match, event: { verb: get, stage: Panic }'

describe('the leaves of a condition', () => {
  it('are spoiled in every way: turned around, left out, and without each of their values', () => {
    const { condition } = parseRule(head + listed)
    expect(
      Array.from(mutantsOf(condition), ({ leaf, change }) => `${leaf.selection} ${change}`),
    ).toEqual([
      's is turned around',
      's is left out',
      's loses `equals get`',
      's loses `equals list`',
      's is turned around',
      's is left out',
      'f is turned around',
      'f is left out',
    ])
  })

  it('are reported with their place when no case notices', () => {
    expect(untested(listed, [match])).toEqual([
      's: verb equals get or equals list: a.yml:3:19: no case notices when this is left out, or loses `equals list`; add one that does',
      's: stage equals Panic: a.yml:3:38: no case notices when this is left out; add one that does',
      'f: verb equals list: a.yml:3:59: no case notices when this is left out; add one that does',
    ])
  })

  it('show a value that another part of the rule makes useless', () => {
    const cases = [
      match,
      'name: b, expect: none, event: { verb: get }',
      'name: c, expect: none, event: { verb: list, stage: Panic }',
      'name: d, expect: none, event: { verb: watch, stage: Panic }',
    ]
    expect(untested(listed, cases)).toEqual([
      's: verb equals get or equals list: a.yml:3:19: no case notices when this loses `equals list`; add one that does',
    ])
  })

  it('are those of the file where a mapping moves their values elsewhere', () => {
    const mapping =
      'values: [{ name: exec, field: verb, value: exec, path: objectRef.subresource, because: it is one }]'
    const cases = [
      'name: a, expect: match, event: { verb: get, objectRef: { subresource: exec } }',
      'name: b, expect: none, event: { verb: get }',
    ]
    expect(untested('detection: { s: { verb: exec }, condition: s }', cases, mapping)).toEqual([])
  })

  it('are those within blocks about the elements of an array, too', () => {
    const detection =
      'sigma-version: 3\ndetection: { s: { "sourceIPs[any]": { ".": [192.0.2.1, 192.0.2.2] } }, condition: s }'
    const cases = ['name: a, expect: match, event: { sourceIPs: [192.0.2.1, 192.0.2.3] }']
    expect(untested(detection, cases)).toEqual([
      's: . equals 192.0.2.1 or equals 192.0.2.2: a.yml:4:39: no case notices when this is turned around, or loses `equals 192.0.2.2`; add one that does',
    ])
  })

  it('are let be while a case fails', () => {
    expect(untested(listed, [match.replace('match', 'none')])).toEqual([
      'a: the rule matches this event and should not',
    ])
  })

  it('are one where a selection is used twice, and keywords, lists under `all` and pairs of fields too', () => {
    const detection = [
      'detection:',
      '  words: [alpha, beta]',
      '  whole: { verb|contains|all: [g, t] }',
      '  pair: { user.username|fieldref: user.uid }',
      '  condition: (words or whole or pair) and not (words and whole)',
    ].join('\n')
    const changes = Array.from(
      mutantsOf(parseRule(head + detection).condition),
      ({ leaf, change }) => `${leaf.selection} ${change}`,
    )
    expect(changes).toEqual([
      'words is turned around',
      'words is left out',
      'words loses `is like *alpha*`',
      'words loses `is like *beta*`',
      'whole is turned around',
      'whole is left out',
      'whole loses `is like *g*`',
      'whole loses `is like *t*`',
      'pair is turned around',
      'pair is left out',
    ])
  })
})
