import { describe, expect, it } from 'vitest'
import { createInFlightBudget } from '../../../src/sources/webhook/budget.ts'

const mebibyte = 1024 * 1024

function budget() {
  const used: number[] = []
  const created = createInFlightBudget({
    totalBytes: 160 * mebibyte,
    maxBodyBytes: 64 * mebibyte,
    onChange: (bytes) => used.push(bytes / mebibyte),
  })
  /** How many bodies of a size one sender gets in. */
  const fill = (sender: string, bytes: number): number => {
    for (let count = 0; ; count++) {
      if (created.reserve(sender, bytes) === undefined) return count
    }
  }
  return { ...created, fill, used, reserve: created.reserve }
}

describe('the budget of bytes in flight', () => {
  it('lets one sender hold the largest body, and small ones beside it', () => {
    const { fill } = budget()
    expect(fill('hog', 64 * mebibyte)).toBe(1)
    expect(fill('hog', mebibyte)).toBe(36)
    expect(fill('hog', 1)).toBe(0)
  })

  it('keeps room for others while one sender takes all it gets', () => {
    const { fill } = budget()
    expect(fill('hog', mebibyte)).toBe(100)
    expect(fill('honest', mebibyte)).toBe(60)
  })

  it('keeps a quarter for small bodies while large ones take all they get', () => {
    const { fill } = budget()
    const large = ['a', 'b', 'c', 'd'].map((sender) => fill(sender, 20 * mebibyte))
    expect(large).toEqual([4, 2, 0, 0])
    expect(fill('honest', mebibyte / 2)).toBe(80)
  })

  it('grows a reservation or leaves it as it was', () => {
    const { reserve, used } = budget()
    const reservation = reserve('a', mebibyte)
    expect(reservation?.grow(79 * mebibyte)).toBe(true)
    expect(reservation?.grow(mebibyte)).toBe(false)
    reservation?.release()
    reservation?.release()
    expect(used).toEqual([1, 80, 0, 0])
  })
})
