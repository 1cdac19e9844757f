import { describe, expect, it } from 'vitest'
import { codesOf, holds, parseRule, ruleText } from './support.ts'

const selections = ['a', 'b', 'c', '_d', 'sel_one', 'sel_two', 'sel-three', 'notx', 'all', 'them']

/** Whether the condition holds when the named selections do. */
function isTrue(condition: string, ...names: string[]): boolean {
  const text = ruleText(
    selections.map((name) => `${name}: { ${name}: true }`).join('\n'),
    condition,
  )
  return holds(
    parseRule(text).condition,
    (path) => (names.includes(path) ? [true] : undefined),
    () => [],
  )
}

function codeOf(condition: string): string[] {
  const text = ruleText('a: { a: x }\nb: { b: x }', condition)
  return codesOf(text).filter((code) => !code.startsWith('selection.unused'))
}

describe('a condition', () => {
  it('S71 binds `not` tighter than `and`, and `and` tighter than `or`', () => {
    expect(isTrue('a or b and c', 'a')).toBe(true)
    expect(isTrue('(a or b) and c', 'a')).toBe(false)
    expect(isTrue('not a and b', 'b')).toBe(true)
    expect(isTrue('not a and b')).toBe(false)
    expect(isTrue('not (a and b)', 'b')).toBe(true)
    expect(isTrue('not not a', 'a')).toBe(true)
    expect(isTrue('a and not b or c', 'c')).toBe(true)
  })

  it('S72 asks for one or all of several selections by `1 of`, `any of` and `all of`', () => {
    expect(isTrue('1 of sel_*', 'sel_two')).toBe(true)
    expect(isTrue('any of sel_*', 'sel_two')).toBe(true)
    expect(isTrue('all of sel_*', 'sel_two')).toBe(false)
    expect(isTrue('all of sel_*', 'sel_one', 'sel_two')).toBe(true)
    expect(isTrue('1 of s*o', 'sel_one')).toBe(false)
    expect(isTrue('1 of s*o', 'sel_two')).toBe(true)
    expect(isTrue('1 of sel-*', 'sel-three')).toBe(true)
    expect(isTrue('1 of a', 'a')).toBe(true)
    expect(isTrue('not 1 of sel_* and a', 'a')).toBe(true)
    expect(isTrue('not 1 of sel_* and a', 'a', 'sel_one')).toBe(false)
  })

  it('S73 leaves selections that begin with `_` out of `them` and of patterns that do not begin so', () => {
    const others = selections.filter((name) => name !== '_d')
    expect(isTrue('all of them', ...others)).toBe(true)
    expect(isTrue('1 of them', '_d')).toBe(false)
    expect(codeOf('1 of *d')).toEqual(['condition.noMatch 7:19'])
    expect(isTrue('1 of _*', '_d')).toBe(true)
    expect(isTrue('_d', '_d')).toBe(true)
  })

  it('S74 has operators in lower case only, and names that may look like them', () => {
    expect(isTrue('notx', 'notx')).toBe(true)
    expect(isTrue('not notx', 'notx')).toBe(false)
    expect(isTrue('all', 'all')).toBe(true)
    expect(isTrue('them and all', 'them', 'all')).toBe(true)
    expect(codeOf('a AND b')).toEqual(['condition.syntax 7:16'])
    expect(codeOf('NOT a')).toEqual(['condition.syntax 7:14'])
    expect(codeOf('All of them')).toEqual(['condition.quantifier 7:14'])
    expect(codeOf('2 of them')).toEqual(['condition.quantifier 7:14'])
  })

  it('S75 names only selections that exist, and a pattern has to match one', () => {
    expect(codeOf('a and c')).toEqual(['condition.undefined 7:20'])
    expect(codeOf('"a and c"')).toEqual(['condition.undefined 7:21'])
    expect(codeOf('a and not 1 of filter_*')).toEqual(['condition.noMatch 7:29'])
    expect(codeOf('a and a.b')).toEqual(['condition.syntax 7:21'])
  })

  it('S76 has no aggregation and no other syntax', () => {
    expect(codeOf('a | count() by b > 5')).toEqual(['condition.aggregation 7:16'])
    expect(codeOf('(a')).toEqual(['condition.syntax 7:14'])
    expect(codeOf('(a b)')).toEqual(['condition.syntax 7:17'])
    expect(codeOf('a)')).toEqual(['condition.syntax 7:15'])
    expect(codeOf('a and')).toEqual(['condition.syntax 7:19'])
    expect(codeOf('and a')).toEqual(['condition.syntax 7:14'])
    expect(codeOf('1 of')).toEqual(['condition.syntax 7:14'])
    expect(codeOf('1 of (a)')).toEqual(['condition.syntax 7:14'])
    expect(codeOf('a of b')).toEqual(['condition.quantifier 7:14'])
    expect(codeOf("''")).toEqual(['condition.syntax 7:15'])
  })

  it('S77 that is a list holds when any of its conditions does', () => {
    expect(isTrue('[a and b, c]', 'c')).toBe(true)
    expect(isTrue('[a and b, c]', 'a')).toBe(false)
    expect(codeOf('[a, c]')).toEqual(['condition.undefined 7:18'])
  })

  it('S78 is nested no deeper than 64 and no longer than 10,000 characters', () => {
    expect(isTrue(`${'('.repeat(64)}a${')'.repeat(64)}`, 'a')).toBe(true)
    expect(isTrue(Array(65).fill('(a)').join(' and '), 'a')).toBe(true)
    expect(codeOf(`${'('.repeat(65)}a${')'.repeat(65)}`)).toEqual(['condition.tooDeep 7:78'])
    expect(codeOf(`${'not '.repeat(65)}a`)).toEqual(['condition.tooDeep 7:270'])
    expect(codeOf(`a${' or a'.repeat(2000)}`)).toEqual(['condition.tooLong 7:14'])
  })
})
