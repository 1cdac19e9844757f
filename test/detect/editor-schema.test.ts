import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { builtinRulesFolder, filesBelow, readRuleFiles } from '../../src/app/rule-files.ts'
import { editorSchema, ruleSchema, testFileSchema } from '../../src/detect/editor-schema.ts'

const rule = {
  title: 'A',
  logsource: { product: 'kubernetes' },
  detection: { s: { verb: 'get' }, condition: 's' },
}
const test = { cases: [{ name: 'a', base: 'pod_exec', expect: 'match' }] }

describe('the schema for editors', () => {
  it('takes every rule and every test file that comes with the product', () => {
    const wrong = readRuleFiles({ builtin: true, paths: [] }).filter(({ text }) =>
      parseAllDocuments(text).some((document) => !ruleSchema.safeParse(document.toJS()).success),
    )
    expect(wrong.map(({ path }) => path)).toEqual([])
    const tests = filesBelow(builtinRulesFolder, (name) => name.endsWith('.test.yml'))
    expect(tests.length).toBeGreaterThan(50)
    expect(
      tests.filter((path) => !testFileSchema.safeParse(parse(readFileSync(path, 'utf8'))).success),
    ).toEqual([])
  })

  it('refuses what the loader refuses', () => {
    const refused: Readonly<Record<string, object>> = {
      'a level that is none': { ...rule, level: 'grave' },
      'an unknown modifier': {
        ...rule,
        detection: { s: { 'verb|contians': 'x' }, condition: 's' },
      },
      'no condition': { ...rule, detection: { s: { verb: 'get' } } },
      'no title': { ...rule, title: undefined },
      'a correlation of no type': {
        title: 'A',
        correlation: { type: 'count', rules: 'a', timespan: '1m' },
      },
      'an id that is no UUID': { ...rule, id: 'x' },
    }
    expect(ruleSchema.safeParse(rule).success).toBe(true)
    for (const [what, wrong] of Object.entries(refused))
      expect(ruleSchema.safeParse(wrong).success, what).toBe(false)
    expect(testFileSchema.safeParse(test).success).toBe(true)
    for (const wrong of [{ expcet: 'match' }, { expect: 'maybe' }, { each: { verb: 1 } }])
      expect(testFileSchema.safeParse({ cases: [{ ...test.cases[0], ...wrong }] }).success).toBe(
        false,
      )
  })

  it('takes correlations, and refuses what the loader refuses of them', () => {
    const inner = {
      type: 'value_count',
      rules: ['a'],
      'group-by': 'user.username',
      timespan: '10m',
      condition: { gt: 1, lte: '5', field: ['verb', 'objectRef.resource'] },
      aliases: null,
      generate: false,
    }
    const fits = (changes: object): boolean =>
      ruleSchema.safeParse({ title: 'A', correlation: { ...inner, ...changes } }).success
    expect(fits({})).toBe(true)
    expect(fits({ type: 'temporal', condition: 'a and not b', rules: undefined })).toBe(true)
    for (const wrong of [
      { timespan: '10 m' },
      { timespan: 10 },
      { group_by: 'x' },
      { condition: { ge: 1 } },
    ])
      expect(fits(wrong)).toBe(false)
  })

  it('is JSON Schema, with the words of the language in it', () => {
    const text = JSON.stringify(editorSchema('rule'))
    expect(editorSchema('rule')).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Sigma rule for Kubewitness',
    })
    for (const word of ['windash', 'informational', 'objectRef.resource'])
      expect(text).toContain(word)
    expect(editorSchema('test')).toMatchObject({ required: ['cases'] })
    expect(editorSchema('other')).toBe(undefined)
  })
})
