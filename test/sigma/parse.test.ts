import { describe, expect, it } from 'vitest'
import { parseRules } from '../../src/sigma/parse.ts'
import { codesOf, holds, isMatch, parseRule, parseText, ruleText } from './support.ts'

const head = 'title: A rule\nlogsource: { product: kubernetes }\n'
const detection = 'detection: { selection: { verb: get }, condition: selection }\n'

describe('a rule file', () => {
  it('S1 is YAML 1.1 as PyYAML reads it', () => {
    expect(isMatch('{ a: yes }', { a: true })).toBe(true)
    expect(isMatch('{ a: off }', { a: false })).toBe(true)
    expect(isMatch('{ a: 010 }', { a: 8 })).toBe(true)
    expect(isMatch('{ a: 0x10 }', { a: 16 })).toBe(true)
    expect(isMatch('{ a: 12:30:00 }', { a: 45_000 })).toBe(true)
    expect(isMatch('{ a: 0o7 }', { a: '0o7' })).toBe(true)
    expect(isMatch('{ a: y }', { a: 'y' })).toBe(true)
    expect(isMatch('{ a: n }', { a: false })).toBe(false)
    expect(isMatch('{ a: 1e3 }', { a: '1e3' })).toBe(true)
    expect(isMatch('{ a: 1.0e+3 }', { a: 1000 })).toBe(true)
    expect(isMatch('{ on: x }', { on: 'x' })).toBe(true)
  })

  it('S2 warns of unquoted values that YAML 1.2 reads otherwise', () => {
    const text = ruleText(
      'selection:\n  - a: yes\n  - a: 010\n  - a: 1:30\n  - a: 1_000\n  - a: true\n  - a: 10\n  - a: "yes"',
    )
    expect(codesOf(text)).toEqual([
      'yaml.ambiguous 6:10',
      'yaml.ambiguous 7:10',
      'yaml.ambiguous 8:10',
      'yaml.ambiguous 9:10',
    ])
  })

  it('S3 has every key once, however it is written', () => {
    expect(codesOf(`${head}title: again\n${detection}`)).toEqual(['yaml.duplicateKey 3:1'])
    expect(codesOf(ruleText('selection: { on: x, "on": y }'))).toEqual(['yaml.duplicateKey 5:23'])
  })

  it('S4 holds one rule a document, and a broken one leaves the others', () => {
    const other = `title: Another rule\nlogsource: { product: kubernetes }\n${detection}`
    const { rules, problems } = parseText(
      `---\n${head}${detection}---\n---\ntitle: [\n---\n${other}`,
    )
    expect(rules.map((rule) => rule.title)).toEqual(['A rule', 'Another rule'])
    expect(problems.map(({ code }) => code)).toEqual(['yaml.syntax'])
    expect(codesOf('# nothing\n')).toEqual(['rule.none 1:1'])
    expect(codesOf('just a text')).toEqual(['rule.map 1:1'])
  })

  it('S5 needs a title, a logsource, a detection and in it a condition', () => {
    expect(codesOf(`status: test\n${detection}`)).toEqual(['rule.title 1:1', 'rule.logsource 1:1'])
    expect(codesOf(head)).toEqual(['rule.detection 1:1'])
    expect(codesOf(`${head}detection: { selection: { a: b } }`)).toEqual(['condition.missing 3:1'])
    expect(codesOf(`${head}detection: text`)).toEqual(['detection.map 3:1'])
    expect(codesOf(`${head}detection: { selection: { a: b }, condition: [] }`)).toEqual([
      'condition.missing 3:35',
    ])
    expect(codesOf(`${head}detection: { selection: { a: b }, condition: 1 }`)).toEqual([
      'condition.text 3:46',
    ])
    expect(codesOf(`title: A rule\nlogsource: {}\n${detection}`)).toEqual(['rule.logsource 2:1'])
    expect(codesOf(`title: ''\nlogsource: kubernetes\n${detection}`)).toEqual([
      'rule.text 1:1',
      'rule.logsource 2:1',
    ])
  })

  it('S6 has an id that is a UUID, and ids and names are unique over all files', () => {
    expect(codesOf(`id: 12\n${head}${detection}`)).toEqual(['rule.text 1:1'])
    expect(codesOf(`id: not-a-uuid\n${head}${detection}`)).toEqual(['rule.id 1:1'])
    const id = 'id: 9E95725D-7320-415d-80f7-004da920fc11\nname: same\n'
    const file = (path: string, text: string) => ({ path, text })
    const { rules, problems } = parseRules([
      file('a.yml', `${id}${head}${detection}`),
      file('b.yml', `${id}title: Other\nlogsource: { product: kubernetes }\n${detection}`),
    ])
    expect(rules.map((rule) => [rule.id, rule.location.path])).toEqual([
      ['9e95725d-7320-415d-80f7-004da920fc11', 'a.yml'],
    ])
    expect(problems.map(({ path, code, severity }) => [path, code, severity])).toEqual([
      ['b.yml', 'rule.id', 'error'],
      ['b.yml', 'rule.name', 'error'],
    ])
  })

  it('S7 without an id has one that follows from its title', () => {
    const [first, second] = [
      parseRule(`${head}${detection}`),
      parseRule(`# moved\n${head}${detection}`),
    ]
    expect(first.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(second.id).toBe(first.id)
    const { problems } = parseText(`${head}${detection}---\n${head}${detection}`)
    expect(problems.map(({ code, line, message }) => [code, line, message])).toEqual([
      ['rule.id', 5, 'this rule has no id, and the title of the rule at rule.yml:1; give it an id'],
    ])
  })

  it('S8 has one of the known levels and statuses, medium and experimental if none is given', () => {
    expect(codesOf(`level: severe\nstatus: done\n${head}${detection}`)).toEqual([
      'rule.level 1:1',
      'rule.status 2:1',
    ])
    expect(parseText(`level: severe\n${head}${detection}`).rules).toEqual([])
    expect(
      parseRule(`level: informational\nstatus: deprecated\n${head}${detection}`),
    ).toMatchObject({
      level: 'informational',
      status: 'deprecated',
    })
    expect(parseRule(`${head}${detection}`)).toMatchObject({
      level: 'medium',
      status: 'experimental',
    })
  })

  it('S9 may have any other top-level key, and those of ours stand below `kubewitness`', () => {
    const text = `${head}${detection}owner: us\nkubewitness:\n  groupBy: [actor, peerIp]\n  summary: '{actor} looked'\n`
    expect(parseRule(text).custom).toEqual({
      groupBy: ['actor', 'peerIp'],
      summary: '{actor} looked',
    })
    expect(codesOf(`${head}${detection}kubewitness: 1\n`)).toEqual(['rule.custom 4:1'])
  })

  it('S10 of another taxonomy is refused by name', () => {
    expect(codesOf(`${head}taxonomy: ecs\n${detection}`)).toEqual(['rule.taxonomy 3:1'])
  })

  it('S13 may use aliases, as long as they cannot multiply', () => {
    const text = `${head}detection:\n  a: &verbs { verb: [get, list] }\n  b: *verbs\n  condition: a and b\n`
    expect(parseRule(text).condition.kind).toBe('and')
    expect(codesOf(`${head}x: &x [1]\ny: &y [*x, *x]\n${detection}`)).toEqual(['yaml.alias 4:8'])
    expect(codesOf(`${head}x: &x { y: *x }\n${detection}`)).toEqual(['yaml.alias 3:12'])
    const many = `${head}x: &x 1\ny: [${Array(101).fill('*x').join(',')}]\n${detection}`
    expect(codesOf(many)).toEqual(['yaml.alias 4:305'])
  })

  it('S14 has no merge keys, tags of its own, dates as values, and no more than 512 Ki characters', () => {
    expect(codesOf(ruleText('selection: { <<: { a: b }, c: d }'))).toEqual(['yaml.merge 5:16'])
    expect(codesOf(ruleText('selection: { a: !secret b }'))).toEqual(['yaml.tag 5:19'])
    expect(codesOf(ruleText('selection: { a: 2026-01-01 }'))).toEqual(['value.type 5:19'])
    expect(codesOf(`${head}date: 2026-01-01\n${detection}`)).toEqual([])
    expect(codesOf(`# ${'x'.repeat(512 * 1024)}`)).toEqual(['yaml.tooLarge 1:1'])
    expect(codesOf('['.repeat(100_000)).map((code) => code.split(' ')[0])).toContain('yaml.syntax')
  })

  it('gives metadata as it stands', () => {
    const text = [
      'title: Exec into a pod',
      'id: 0e95725d-7320-415d-80f7-004da920fc11',
      'name: exec_into_pod',
      'status: test',
      'description: Somebody ran a command.',
      'references: [https://example.com/exec]',
      'author: example',
      'date: 2026-01-01',
      'tags: [attack.execution]',
      'logsource: { product: kubernetes, service: audit, definition: any }',
      'detection: { selection: { a: b }, condition: selection }',
      'fields: [verb]',
      'falsepositives: [Debugging]',
      'level: high',
    ].join('\n')
    expect(parseRule(text)).toMatchObject({
      kind: 'event',
      title: 'Exec into a pod',
      id: '0e95725d-7320-415d-80f7-004da920fc11',
      name: 'exec_into_pod',
      status: 'test',
      description: 'Somebody ran a command.',
      references: ['https://example.com/exec'],
      tags: ['attack.execution'],
      logsource: { product: 'kubernetes', service: 'audit' },
      fields: ['verb'],
      falsePositives: ['Debugging'],
      level: 'high',
      custom: {},
      missing: [],
      location: { path: 'rule.yml', line: 1, column: 1 },
    })
    expect(parseRule(`${head}${detection}`).missing).toEqual([
      'id',
      'status',
      'author',
      'date',
      'level',
      'references',
      'falsepositives',
    ])
  })

  it('with texts of another type is refused', () => {
    expect(codesOf(`${head}tags: [attack.execution, 5]\n${detection}`)).toEqual(['rule.text 3:26'])
  })

  it('shares the test of equal items between rules', () => {
    const { rules } = parseRules(
      ['a', 'b'].map((name) => ({
        path: `${name}.yml`,
        text: `title: ${name}\nlogsource: { product: kubernetes }\n${detection}`,
      })),
    )
    const tests = rules.map((rule) =>
      rule.kind === 'event' && rule.condition.kind === 'field' ? rule.condition.test : undefined,
    )
    expect(tests[0]).toBeDefined()
    expect(tests[0]).toBe(tests[1])
    const { condition } = parseRule(ruleText('a: { x: Y }\nb: { x|cased: Y }', 'a and b'))
    expect(
      holds(
        condition,
        () => ['y'],
        () => [],
      ),
    ).toBe(false)
    expect(
      holds(
        condition,
        () => ['Y'],
        () => [],
      ),
    ).toBe(true)
    const several = parseRule(ruleText('a: { x: [y, z] }\nb: { x|all: [y, z] }', 'a and not b'))
    expect(
      holds(
        several.condition,
        () => ['y'],
        () => [],
      ),
    ).toBe(true)
  })
})
