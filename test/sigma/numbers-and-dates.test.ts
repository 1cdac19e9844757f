import { describe, expect, it } from 'vitest'
import { codesOf, isMatch, ruleText } from './support.ts'

function codesOfSelection(selection: string): string[] {
  return codesOf(ruleText(`selection: ${selection}`)).map((code) => code.split(' ')[0] ?? '')
}

describe('a numeric comparison', () => {
  it('S51 `lt`, `lte`, `gt` and `gte` compare numbers, and texts that are written as JSON numbers', () => {
    expect(isMatch('{ a|lt: 5 }', { a: 4.9 })).toBe(true)
    expect(isMatch('{ a|lt: 5 }', { a: 5 })).toBe(false)
    expect(isMatch('{ a|lte: 5 }', { a: 5 })).toBe(true)
    expect(isMatch('{ a|gt: 5.5 }', { a: '6' })).toBe(true)
    expect(isMatch('{ a|gte: -1 }', { a: -1 })).toBe(true)
    expect(isMatch('{ a|gt: 9 }', { a: '10' })).toBe(true)
    expect(isMatch('{ a|gt: 1 }', { a: [0, 2] })).toBe(true)
    for (const a of [' 6', '0x10', '6 apples', '', '1_000', true, null, {}, []]) {
      expect(isMatch('{ a|gt: -1 }', { a })).toBe(false)
    }
    expect(isMatch('{ a|lt: 5 }', {})).toBe(false)
    expect(isMatch('{ a|lt|neq: 5 }', {})).toBe(true)
  })

  it('S52 a comparison takes unquoted numbers; of a list any suffices, under `all` each is needed', () => {
    expect(isMatch('{ a|gt: [5, 100] }', { a: 6 })).toBe(true)
    expect(isMatch('{ a|gt|all: [5, 100] }', { a: 6 })).toBe(false)
    for (const value of ['"5"', 'x', 'true', 'null', '.inf', '.nan']) {
      expect(codesOfSelection(`{ a|gt: ${value} }`)).toHaveLength(1)
    }
    expect(codesOfSelection('{ a|gt|lt: 5 }')).toEqual(['modifier.value'])
    expect(codesOfSelection('{ "|gt": 5 }')).toEqual(['modifier.combination'])
  })

  it('S53 numbers are double precision: 1.0 is 1, and a text equals a number only by its JSON text', () => {
    expect(isMatch('{ a: 1.0 }', { a: 1 })).toBe(true)
    expect(isMatch('{ a: 1.0 }', { a: '1' })).toBe(true)
    expect(isMatch('{ a: 1 }', { a: '1.0' })).toBe(false)
    expect(isMatch("{ a: '1.0' }", { a: 1 })).toBe(false)
    expect(isMatch("{ a: '403' }", { a: 403 })).toBe(true)
    expect(isMatch('{ a: 9007199254740993 }', { a: 9007199254740992 })).toBe(true)
  })
})

describe('a part of a date', () => {
  it('S54 is read as it is written, in the time zone of the value; `week` is that of ISO 8601', () => {
    const a = '2027-01-02T23:45:00.000001+05:30'
    for (const [part, number] of Object.entries({
      minute: 45,
      hour: 23,
      day: 2,
      week: 53,
      month: 1,
      year: 2027,
    })) {
      expect([part, isMatch(`{ a|${part}: ${number} }`, { a })]).toEqual([part, true])
      expect([part, isMatch(`{ a|${part}: ${number + 1} }`, { a })]).toEqual([part, false])
    }
    expect(isMatch('{ a|hour: 23 }', { a: '2027-01-02T23:45:00Z' })).toBe(true)
    expect(isMatch('{ a|hour: 0 }', { a: '2027-01-02' })).toBe(true)
    expect(isMatch('{ a|week: 1 }', { a: '2024-12-30' })).toBe(true)
  })

  it('S55 of a number is that of an epoch time in UTC, in seconds or (from 1e11 on) milliseconds', () => {
    expect(isMatch('{ a|hour: 1 }', { a: 3600 })).toBe(true)
    expect(isMatch('{ a|year: 2026 }', { a: 1_780_000_000 })).toBe(true)
    expect(isMatch('{ a|year: 2026 }', { a: 1_780_000_000_000 })).toBe(true)
    expect(isMatch('{ a|year|gte: 0 }', { a: 1e300 })).toBe(false)
  })

  it('S56 may be compared, with the comparison behind it; what is no date never matches', () => {
    expect(isMatch('{ a|hour|gte: 22 }', { a: '2027-01-02T23:45:00Z' })).toBe(true)
    expect(isMatch('{ a|hour|lt: [3, 23] }', { a: '2027-01-02T23:45:00Z' })).toBe(false)
    expect(isMatch('{ a|hour|neq: 23 }', { a: '2027-01-02T23:45:00Z' })).toBe(false)
    for (const a of ['2027-02-30', '2027-01-02T24:00:00Z', 'noon', '', null, true]) {
      expect(isMatch('{ a|year|gte: 0 }', { a })).toBe(false)
    }
    expect(codesOfSelection('{ a|gte|hour: 5 }')).toEqual(['modifier.value'])
    expect(codesOfSelection('{ a|hour: "5" }')).toEqual(['modifier.value'])
  })
})
