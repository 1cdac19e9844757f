import { describe, expect, it } from 'vitest'
import { codesOf, isMatch, parseRule, ruleText } from './support.ts'

describe('a selection', () => {
  it('S15 that is a map wants all its fields', () => {
    expect(isMatch('{ a: x, b: y }', { a: 'x', b: 'y' })).toBe(true)
    expect(isMatch('{ a: x, b: y }', { a: 'x', b: 'z' })).toBe(false)
  })

  it('S16 that is a list wants any of its items, maps, texts and lists alike', () => {
    expect(isMatch('[{ a: x }, { b: y }]', { b: 'y' })).toBe(true)
    expect(isMatch('[{ a: x, b: y }, { b: z }]', { a: 'x', b: 'z' })).toBe(true)
    expect(isMatch('[{ a: x }, { b: y }]', { b: 'x' })).toBe(false)
    expect(isMatch('[word, { a: x }]', { a: 'x' })).toBe(true)
    expect(isMatch('[word, { a: x }]', { b: 'some words' })).toBe(true)
    expect(isMatch('[[word, [other]], { a: x }]', { b: 'the other' })).toBe(true)
    expect(isMatch('[word, { a: x }]', { b: 'nothing' })).toBe(false)
  })

  it('S17 that is empty is an error, and so is a nested map and an empty list of values', () => {
    expect(codesOf(ruleText('selection: {}'))).toEqual(['selection.empty 5:14'])
    expect(codesOf(ruleText('selection: []'))).toEqual(['selection.empty 5:3'])
    expect(codesOf(ruleText('selection:'))).toEqual(['selection.empty 5:3'])
    expect(codesOf(ruleText('selection: [{}, []]'))).toEqual([
      'selection.empty 5:15',
      'selection.empty 5:19',
    ])
    expect(codesOf(ruleText('selection: { a: [] }'))).toEqual(['field.empty 5:16'])
    expect(codesOf(ruleText('selection: { a: { b: c } }'))).toEqual(['value.nested 5:19'])
    expect(codesOf(ruleText('selection: { a: [[b]] }'))).toEqual(['value.nested 5:20'])
    expect(codesOf(ruleText('selection: { [a]: b }'))).toEqual(['yaml.key 5:16'])
    expect(codesOf(ruleText(`selection: ${'['.repeat(12)}x${']'.repeat(12)}`))).toEqual([
      'selection.empty 5:23',
    ])
  })

  it('S18 called `timeframe` is a relic and an error', () => {
    expect(codesOf(ruleText('selection: { a: b }\ntimeframe: 5m'))).toEqual([
      'detection.timeframe 6:3',
    ])
  })

  it('S19 that no condition uses is worth a warning', () => {
    expect(codesOf(ruleText('selection: { a: b }\nother: { a: c }'))).toEqual([
      'selection.unused 6:3',
    ])
    expect(parseRule(ruleText('selection: { a: b }\nother: { a: c }')).condition.kind).toBe('field')
  })

  it('S20 of bare values are keywords: found in any text, number or boolean of the event, whatever the case', () => {
    expect(isMatch('NeedLe', { a: 1, b: 'a needle in hay' })).toBe(true)
    expect(isMatch('[one, two]', { b: 'twofold' })).toBe(true)
    expect(isMatch('ne?dle*hay', { b: 'a needle in hay' })).toBe(true)
    expect(isMatch('403', { code: 403 })).toBe(true)
    expect(isMatch('needle', { needle: 'x' })).toBe(false)
    expect(codesOf(ruleText('selection: [true]'))).toEqual(['keyword.value 5:15'])
    expect(codesOf(ruleText('selection: [null]'))).toEqual(['keyword.value 5:15'])
    expect(codesOf(ruleText("selection: ''"))).toEqual(['keyword.value 5:14'])
  })

  it('S21 may give keywords modifiers by a key without a name', () => {
    expect(isMatch("{ '|all': [one, two] }", { a: 'one', b: 'two' })).toBe(true)
    expect(isMatch("{ '|all': [one, two] }", { a: 'one' })).toBe(false)
    expect(isMatch("{ '|startswith': one }", { a: 'one more' })).toBe(true)
    expect(isMatch("{ '|startswith': one }", { a: 'no one' })).toBe(false)
    expect(isMatch("{ '|re': 'o.e$' }", { a: 'no one' })).toBe(true)
    expect(isMatch("{ '|cased': One }", { a: 'One by one' })).toBe(true)
    expect(isMatch("{ '|cased': One }", { a: 'one by one' })).toBe(false)
    expect(codesOf(ruleText("selection: { '|exists': true }"))).toEqual([
      'modifier.combination 5:16',
    ])
  })

  it('keeps name and place at every leaf', () => {
    expect(parseRule(ruleText('selection:\n  a: b\n  c: d')).condition).toMatchObject({
      items: [
        { selection: 'selection', path: 'a', location: { path: 'rule.yml', line: 6, column: 5 } },
        { selection: 'selection', path: 'c', location: { path: 'rule.yml', line: 7, column: 5 } },
      ],
    })
  })
})
