import { describe, expect, it } from 'vitest'
import { timeUsOf } from '../../src/util/time.ts'

const second = 1_767_225_601
const us = second * 1e6 + 123_456

describe('a time as it may stand in any JSON', () => {
  it('is RFC 3339 with any digits, with or without an offset', () => {
    const texts = [
      '2026-01-01T00:00:01.123456Z',
      '2026-01-01T00:00:01.123456789123Z',
      '2026-01-01t01:00:01.123456+01:00',
      '2026-01-01 00:00:01,123456',
      '2025-12-31T19:00:01.123456-0500',
    ]
    expect(texts.map(timeUsOf)).toEqual(texts.map(() => us))
    expect(timeUsOf('2026-01-01T00:00:01Z')).toBe(second * 1e6)
    expect(timeUsOf('2026-01-01T00:00:01.5')).toBe(second * 1e6 + 500_000)
  })

  it('is a number since 1970, in seconds, milliseconds, microseconds or nanoseconds', () => {
    expect([second + 0.123456, us / 1000, us, us * 1000].map(timeUsOf)).toEqual([us, us, us, us])
    expect(timeUsOf(String(second))).toBe(second * 1e6)
  })

  it('is a small number of seconds from anywhere', () => {
    const start = timeUsOf(0)!
    expect([2.5, -1, '10', 99_999_999].map((value) => timeUsOf(value)! - start)).toEqual([
      2_500_000, -1_000_000, 10_000_000, 99_999_999_000_000,
    ])
    expect(start).toBeGreaterThan(0)
  })

  it('is nothing else', () => {
    const others = [undefined, null, true, {}, [], '', 'today', '2026-01-01', 'NaN', Number.NaN]
    for (const value of others) expect(timeUsOf(value)).toBeUndefined()
  })
})
