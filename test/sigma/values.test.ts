import { describe, expect, it } from 'vitest'
import type { ValueTest } from '../../src/contracts.ts'
import { isMatch, parseRule, ruleText } from './support.ts'

function testOf(selection: string): ValueTest {
  const { condition } = parseRule(ruleText(`selection: ${selection}`))
  if (condition.kind !== 'field') throw new Error('not a single field')
  return condition.test
}

describe('a value', () => {
  it('S22 that is a text equals the whole field, whatever the case', () => {
    expect(isMatch('{ a: Exec }', { a: 'eXEC' })).toBe(true)
    expect(isMatch('{ a: exec }', { a: 'execute' })).toBe(false)
    expect(isMatch('{ a: exec }', { a: ' exec' })).toBe(false)
  })

  it('S23 is folded one character at a time and without context', () => {
    expect(isMatch('{ a: STRASSE }', { a: 'straße' })).toBe(false)
    expect(isMatch('{ a: ÄRGER }', { a: 'ärger' })).toBe(true)
    expect(isMatch("{ a: '*ΟΔΟΣ' }", { a: 'η οδοσ' })).toBe(true)
    expect(isMatch("{ a: '*Σ' }", { a: 'ΟΔΟΣ' })).toBe(true)
    expect(isMatch("{ a: '?stanbul' }", { a: 'İstanbul' })).toBe(true)
    expect(isMatch('{ a: istanbul }', { a: 'İSTANBUL' })).toBe(true)
  })

  it('S24 has wildcards: `*` for any run and `?` for exactly one character, newlines included', () => {
    expect(isMatch("{ a: 'a*z' }", { a: 'az' })).toBe(true)
    expect(isMatch("{ a: 'a*z' }", { a: 'a\nb\r\nz' })).toBe(true)
    expect(isMatch("{ a: 'a?z' }", { a: 'a\nz' })).toBe(true)
    expect(isMatch("{ a: 'a?z' }", { a: 'az' })).toBe(false)
    expect(isMatch("{ a: 'a?z' }", { a: 'a😀z' })).toBe(true)
    expect(isMatch("{ a: '*b*d*' }", { a: 'abcde' })).toBe(true)
    expect(isMatch("{ a: '*b*a*' }", { a: 'abcde' })).toBe(false)
    expect(isMatch("{ a: 'ab*ab' }", { a: 'ab' })).toBe(false)
    expect(isMatch("{ a: '?*' }", { a: '' })).toBe(false)
    expect(isMatch("{ a: '4*' }", { a: 403 })).toBe(true)
  })

  it('S25 takes a backslash before `*`, `?` and a backslash as an escape, and as itself elsewhere', () => {
    expect(isMatch(String.raw`{ a: 'a\*' }`, { a: 'a*' })).toBe(true)
    expect(isMatch(String.raw`{ a: 'a\*' }`, { a: 'ab' })).toBe(false)
    expect(isMatch(String.raw`{ a: 'a\?' }`, { a: 'a?' })).toBe(true)
    expect(isMatch(String.raw`{ a: 'C:\dir' }`, { a: String.raw`c:\dir` })).toBe(true)
    expect(isMatch(String.raw`{ a: 'a\\*' }`, { a: String.raw`a\b` })).toBe(true)
    expect(isMatch(String.raw`{ a: 'a\\*' }`, { a: 'ab' })).toBe(false)
    expect(isMatch(String.raw`{ a: 'a\\\*' }`, { a: String.raw`a\*` })).toBe(true)
    expect(isMatch(String.raw`{ a: 'a\\\*' }`, { a: String.raw`a\b` })).toBe(false)
    expect(isMatch(String.raw`{ a: 'a\\\' }`, { a: String.raw`a\\` })).toBe(true)
    expect(isMatch(String.raw`{ a: 'a\\\\' }`, { a: String.raw`a\\` })).toBe(true)
    expect(isMatch(String.raw`{ a: 'a\' }`, { a: 'a\\' })).toBe(true)
  })

  it('S26 that is a number or a boolean equals the same number or boolean, and its text', () => {
    expect(isMatch('{ a: 403 }', { a: 403 })).toBe(true)
    expect(isMatch('{ a: 403.0 }', { a: 403 })).toBe(true)
    expect(isMatch('{ a: 403 }', { a: '403' })).toBe(true)
    expect(isMatch("{ a: '403' }", { a: 403 })).toBe(true)
    expect(isMatch('{ a: 403 }', { a: '0403' })).toBe(false)
    expect(isMatch('{ a: 1.5 }', { a: 1.5 })).toBe(true)
    expect(isMatch('{ a: true }', { a: true })).toBe(true)
    expect(isMatch('{ a: true }', { a: 'True' })).toBe(true)
    expect(isMatch("{ a: 'true' }", { a: true })).toBe(true)
    expect(isMatch('{ a: true }', { a: 1 })).toBe(false)
  })

  it('S27 that is null wants the field absent or null, alone or in a list', () => {
    expect(isMatch('{ a: null }', {})).toBe(true)
    expect(isMatch('{ a: }', { a: null })).toBe(true)
    expect(isMatch('{ a: null }', { a: '' })).toBe(false)
    expect(isMatch('{ a: null }', { a: [] })).toBe(false)
    expect(isMatch('{ a: [null, x] }', {})).toBe(true)
    expect(isMatch('{ a: [null, x] }', { a: 'x' })).toBe(true)
    expect(isMatch('{ a: [null, x] }', { a: 'y' })).toBe(false)
  })

  it('S28 that is the empty text wants the field there and empty', () => {
    expect(isMatch("{ a: '' }", { a: '' })).toBe(true)
    expect(isMatch("{ a: '' }", { a: ' ' })).toBe(false)
    expect(isMatch("{ a: '' }", { a: null })).toBe(false)
    expect(isMatch("{ a: '' }", {})).toBe(false)
  })

  it('S29 that is a lone `*` wants the field there and not null, whatever it holds', () => {
    for (const value of ['x', '', 0, false, { b: 1 }, [], ['x'], [{}]]) {
      expect(isMatch("{ a: '*' }", { a: value })).toBe(true)
    }
    expect(isMatch("{ a: '*' }", { a: null })).toBe(false)
    expect(isMatch("{ a: '*' }", { a: [null] })).toBe(false)
    expect(isMatch("{ a: '*' }", {})).toBe(false)
  })

  it('S30 in a list is one of several', () => {
    expect(isMatch('{ a: [x, 403, null] }', { a: 403 })).toBe(true)
    expect(isMatch('{ a: [x, y] }', { a: 'z' })).toBe(false)
    expect(isMatch("{ a: [x, 'y*'] }", { a: 'yes' })).toBe(true)
  })

  it('S31 is looked for in every element of an array', () => {
    expect(isMatch('{ a: x }', { a: ['y', 'x'] })).toBe(true)
    expect(isMatch('{ a: x }', { a: ['y', 'z'] })).toBe(false)
    expect(isMatch('{ a: x }', { a: [] })).toBe(false)
    expect(isMatch('{ a|all: [x, y] }', { a: ['y', 'x'] })).toBe(true)
    expect(isMatch('{ a|all: [x, y] }', { a: ['x', 'z'] })).toBe(false)
    expect(isMatch('{ a|contains|all: [x, y] }', { a: ['ax', 'by'] })).toBe(true)
  })

  it('S32 never equals an object', () => {
    expect(isMatch("{ a: '[object Object]' }", { a: {} })).toBe(false)
    expect(isMatch("{ a: '?*' }", { a: { b: 1 } })).toBe(false)
    expect(isMatch("{ a|re: '.' }", { a: { b: 1 } })).toBe(false)
  })

  it('S33 is not found in an absent field, so that `not` of it is true', () => {
    for (const selection of [
      '{ a: x }',
      "{ a: '*' }",
      '{ a|contains: x }',
      "{ a|re: '.' }",
      '{ a|cidr: 0.0.0.0/0 }',
      '{ a|exists: true }',
    ]) {
      expect(isMatch(selection, {})).toBe(false)
    }
    expect(isMatch('{ a|neq: x }', {})).toBe(true)
    expect(isMatch('{ a|exists: false }', {})).toBe(true)
  })

  it('tells the index what it can only equal', () => {
    expect(testOf('{ a: [Exec, 403, true] }')).toMatchObject({
      onlyEquals: ['exec', '403', 'true'],
      needsPresence: true,
    })
    expect(testOf('{ a|cased: Exec }')).toMatchObject({ onlyEquals: ['exec'], needsPresence: true })
    expect(testOf('{ a|all: [x*, y] }')).toMatchObject({ onlyEquals: ['y'], needsPresence: true })
    expect(testOf('{ a: [x, null] }')).toMatchObject({ needsPresence: false })
    for (const selection of [
      '{ a: [x, null] }',
      "{ a: [x, '*'] }",
      '{ a: x* }',
      '{ a|re: x }',
      '{ a|exists: true }',
      '{ a|cidr: 192.0.2.1 }',
    ]) {
      expect(testOf(selection)).not.toHaveProperty('onlyEquals')
    }
    expect(testOf('{ a|exists: false }').needsPresence).toBe(false)
  })

  it('reads as in the rule', () => {
    expect(testOf("{ a: [Exec, 403, 'x*', '', '*', null, 7] }").description).toBe(
      'equals Exec or equals 403 or is like x* or is empty or is present or 2 more',
    )
    expect(testOf('{ a|all|contains: [x, y] }').description).toBe('is like *x* and is like *y*')
    expect(testOf('{ a|cidr: 192.0.2.0/24 }').description).toBe('in 192.0.2.0/24')
    expect(testOf("{ a|re: 'x+' }").description).toBe('re x+')
    expect(testOf('{ a|exists: true }').description).toBe('exists')
  })
})
