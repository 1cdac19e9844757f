import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Claim, shareOut } from '../../../src/log/kafka/share-out.ts'

const counts = fc.integer({ min: 1, max: 24 })

/** Members with claims that may overlap, repeat each other and speak of partitions that are not there. */
const claims = fc
  .array(
    fc.record({
      partitions: fc.uniqueArray(fc.nat({ max: 30 })),
      generation: fc.integer({ min: -1, max: 3 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((all): Claim[] => all.map((claim, number) => ({ memberId: `m${number}`, ...claim })))

function sharesOf(all: readonly Claim[], count: number): [string, readonly number[]][] {
  return [...shareOut(all, count)].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

describe('sharing out partitions', () => {
  it('gives every partition to one member, and no member two more than another', () => {
    fc.assert(
      fc.property(claims, counts, (all, count) => {
        const shares = sharesOf(all, count).map(([, partitions]) => partitions)
        expect(shares.flat().toSorted((a, b) => a - b)).toEqual([...Array(count).keys()])
        const sizes = shares.map((partitions) => partitions.length)
        expect(sizes).toHaveLength(all.length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('changes nothing when it is asked again', () => {
    fc.assert(
      fc.property(claims, counts, (all, count) => {
        const before = sharesOf(all, count)
        const again = before.map(([memberId, partitions]) => ({
          memberId,
          partitions,
          generation: 4,
        }))
        expect(sharesOf(again, count)).toEqual(before)
      }),
    )
  })

  it('moves no more than a member that joins or leaves makes necessary', () => {
    const all = [
      { memberId: 'a', partitions: [0, 1, 2], generation: 5 },
      { memberId: 'b', partitions: [3, 4, 5], generation: 5 },
    ]
    const joining = { memberId: 'c', partitions: [], generation: -1 }
    expect(sharesOf([...all, joining], 6)).toEqual([
      ['a', [0, 1]],
      ['b', [3, 4]],
      ['c', [2, 5]],
    ])
    expect(sharesOf([all[1]!], 6)).toEqual([['b', [0, 1, 2, 3, 4, 5]]])
  })

  it('believes the latest generation when two members claim the same', () => {
    const all = [
      { memberId: 'a', partitions: [0, 1], generation: 4 },
      { memberId: 'b', partitions: [1, 0], generation: 5 },
    ]
    expect(sharesOf(all, 2)).toEqual([
      ['a', [1]],
      ['b', [0]],
    ])
  })
})
