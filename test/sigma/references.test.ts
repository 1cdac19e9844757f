import { describe, expect, it } from 'vitest'
import { eventOf, ruleSetOf } from '../detect/support.ts'
import { codesOf, isMatch, parseRule, parseText, ruleText } from './support.ts'

function codesOfSelection(selection: string): string[] {
  return codesOf(ruleText(`selection: ${selection}`)).map((code) => code.split(' ')[0] ?? '')
}

describe('`fieldref`', () => {
  it('S57 compares the texts of two fields, whatever the case unless `cased`, any value with any', () => {
    expect(isMatch('{ a|fieldref: b }', { a: 'Xy', b: 'xY' })).toBe(true)
    expect(isMatch('{ a|fieldref|cased: b }', { a: 'Xy', b: 'xY' })).toBe(false)
    expect(isMatch('{ a|cased|fieldref: b }', { a: 'Xy', b: 'Xy' })).toBe(true)
    expect(isMatch('{ a|fieldref: b }', { a: 403, b: '403' })).toBe(true)
    expect(isMatch('{ a|fieldref: b }', { a: ['p', 'q'], b: ['r', 'q'] })).toBe(true)
    expect(isMatch('{ a|fieldref: [b, c] }', { a: 'x', b: 'y', c: 'x' })).toBe(true)
    expect(isMatch('{ a|fieldref|all: [b, c] }', { a: 'x', b: 'y', c: 'x' })).toBe(false)
    expect(isMatch('{ a|fieldref|startswith: b }', { a: 'xyz', b: 'xy' })).toBe(true)
    expect(isMatch('{ a|fieldref|endswith: b }', { a: 'xyz', b: 'xy' })).toBe(false)
    expect(isMatch('{ a|fieldref|contains: b }', { a: 'xyz', b: 'y' })).toBe(true)
    expect(isMatch('{ a|fieldref|contains: b }', { a: 'xyz', b: '*' })).toBe(false)
  })

  it('S58 is false when either field is absent, null or an object, and `neq` negates that', () => {
    for (const event of [{ a: 'x' }, { b: 'x' }, {}, { a: null, b: null }, { a: {}, b: {} }]) {
      expect(isMatch('{ a|fieldref: b }', event)).toBe(false)
      expect(isMatch('{ a|fieldref|neq: b }', event)).toBe(true)
    }
    expect(codesOfSelection("{ a|fieldref: 'b*' }")).toEqual(['modifier.value'])
    expect(codesOfSelection('{ a|fieldref: 5 }')).toEqual(['modifier.value'])
    expect(codesOfSelection("{ '|fieldref': b }")).toEqual(['modifier.combination'])
  })

  it('is the same in a compiled rule, which says what it held of', () => {
    const rule = parseRule(ruleText('selection: { user.username|fieldref: objectRef.name }'))
    const ruleSet = ruleSetOf([rule])
    const event = eventOf({ user: { username: 'alice' }, objectRef: { name: 'Alice' } })
    expect(ruleSet.matchEvent(event)).toHaveLength(1)
    expect(ruleSet.matchEvent(eventOf({ user: { username: 'alice' } }))).toHaveLength(0)
  })
})

describe('`expand`', () => {
  const placeholders = { admins: ['alice', 'sys-*'], zone: ['a.b'] }

  it('S59 puts every value of a placeholder in its place; their wildcards count', () => {
    expect(isMatch("{ a|expand: '%admins%' }", { a: 'Alice' }, placeholders)).toBe(true)
    expect(isMatch("{ a|expand: '%admins%' }", { a: 'sys-x' }, placeholders)).toBe(true)
    expect(isMatch("{ a|expand: '%admins%' }", { a: 'bob' }, placeholders)).toBe(false)
    expect(isMatch("{ a|expand: 'u:%admins%@%zone%' }", { a: 'u:sys-1@a.b' }, placeholders)).toBe(
      true,
    )
    expect(isMatch("{ a|contains|expand: '%admins%' }", { a: 'x alice y' }, placeholders)).toBe(
      true,
    )
    expect(isMatch("{ a|expand|all: ['%admins%', '*'] }", { a: 'alice' }, placeholders)).toBe(true)
    expect(isMatch("{ a|re|expand: '^%zone%$' }", { a: 'a.b' }, placeholders)).toBe(true)
    expect(isMatch("{ a|re|expand: '^%zone%$' }", { a: 'axb' }, placeholders)).toBe(false)
  })

  it(String.raw`S60 names a placeholder without values as an error; \% is a percent sign, and so is every % without the modifier`, () => {
    const { problems } = parseText(ruleText("selection: { a|expand: '%nobody%' }"), placeholders)
    expect(problems).toMatchObject([{ code: 'modifier.value', line: 5, column: 26 }])
    expect(problems[0]?.message).toContain('%nobody%')
    expect(isMatch(String.raw`{ a|expand: '\%admins\%' }`, { a: '%admins%' }, placeholders)).toBe(
      true,
    )
    expect(isMatch("{ a|expand: '100%' }", { a: '100%' })).toBe(true)
    expect(isMatch("{ a: '%admins%' }", { a: '%admins%' }, placeholders)).toBe(true)
    expect(codesOfSelection('{ a|expand: 5 }')).toEqual(['modifier.value'])
  })
})
