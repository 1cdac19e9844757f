import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Groups } from '../../../src/detect/correlate/groups.ts'
import { KeyWriter } from '../../../src/detect/correlate/key-writer.ts'

const values = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ maxLength: 400 }),
    fc.constantFrom('', 'system:serviceaccount:a:b', 'system:node:', 'true', '1'),
    fc.constantFrom('\ud800', 'a\u0000b', '\u00ff'),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    fc.boolean(),
  ),
  { maxLength: 3 },
)

describe('the keys of groups', () => {
  it('are given back as they were, each to one group, while others come and go', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('east', 'west'), values, fc.boolean()), {
          maxLength: 80,
        }),
        (steps) => {
          const groups = new Groups(false, new KeyWriter())
          const known = new Map<string, number>()
          for (const [cluster, key, isRemoved] of steps) {
            const name = JSON.stringify([cluster, key])
            const group = groups.of(cluster, key)
            expect(known.get(name) ?? group).toBe(group)
            known.set(name, group)
            if (isRemoved) {
              groups.remove(group)
              known.delete(name)
            }
            for (const [each, number] of known) {
              const { cluster: of, values: read } = groups.key(number)
              expect(JSON.stringify([of, read])).toBe(each)
            }
          }
          expect(groups.count).toBe(known.size)
        },
      ),
      { numRuns: 200 },
    )
  })
})
