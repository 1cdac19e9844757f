import { expect, it } from 'vitest'
import { editDistance, nearest } from '../../src/util/nearest.ts'

it('counts what has to be put in, taken out, replaced or swapped', () => {
  const pairs = [
    ['', 'abc', 3],
    ['verb', 'verb', 0],
    ['verb', 'vreb', 1],
    ['resource', 'resources', 1],
    ['kitten', 'sitting', 3],
  ] as const
  for (const [first, second, distance] of pairs) {
    expect(editDistance(first, second)).toBe(distance)
    expect(editDistance(second, first)).toBe(distance)
  }
})

it('finds what is alike, whatever the case, and nothing that is far', () => {
  expect(nearest('USERAGENT', ['userAgent', 'user'])).toBe('userAgent')
  expect(nearest('userAgnet', ['user', 'userAgent'])).toBe('userAgent')
  expect(nearest('process', ['verb', 'stage'])).toBe(undefined)
})

it('does not go on for long, whatever it is given', () => {
  const long = 'x'.repeat(1000)
  expect(nearest(`${long}y`, [long])).toBe(undefined)
  const many = Array.from({ length: 10_000 }, (_, i) => `${'x'.repeat(30)}${i}`)
  expect(nearest('y'.repeat(34), [...many, 'y'.repeat(33)])).toBe(undefined)
})
