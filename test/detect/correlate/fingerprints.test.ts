import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fingerprints } from '../../../src/detect/correlate/fingerprints.ts'

describe('fingerprints', () => {
  it('are known as often as they were added and not taken out, also where many want one place', () => {
    const values = fc.constantFrom(0, 1, 2, 32, 33, 64, 0x8000_0020, 0xffff_ffff)
    fc.assert(
      fc.property(fc.array(fc.tuple(values, fc.boolean()), { maxLength: 300 }), (steps) => {
        const known = new Fingerprints()
        const counts = new Map<number, number>()
        for (const [value, isRemoved] of steps) {
          // 0 stands for a free slot there, and is told as 1.
          const key = value || 1
          const count = counts.get(key) ?? 0
          expect(known.countOf(value)).toBe(count)
          if (!isRemoved) {
            known.add(value)
            counts.set(key, count + 1)
          } else if (count > 0) {
            known.remove(value)
            counts.set(key, count - 1)
          }
        }
      }),
    )
  })
})
