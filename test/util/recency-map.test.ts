import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RecencyMap } from '../../src/util/recency-map.ts'

it('a recency map gives what a list gives that is searched and shifted', () => {
  const step = fc.record({
    action: fc.constantFrom('put', 'put', 'delete', 'deleteOldest', 'oldest'),
    key: fc.integer({ min: 0, max: 9 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const map = new RecencyMap<number, string>()
      let list: [number, string][] = []
      for (const [i, { action, key }] of steps.entries()) {
        if (action === 'put') {
          map.put(key, `${i}`)
          list = [...list.filter(([other]) => other !== key), [key, `${i}`]]
        } else if (action === 'delete') {
          map.delete(key)
          list = list.filter(([other]) => other !== key)
        } else if (action === 'deleteOldest') {
          const oldest = map.oldest()
          if (oldest !== undefined) map.delete(oldest[0])
          list = list.slice(1)
        }
        if (action !== 'put') expect(map.oldest()).toEqual(list[0])
        expect([map.size, map.get(key)]).toEqual([
          list.length,
          list.find(([other]) => other === key)?.[1],
        ])
      }
      expect(map.entries()).toEqual(list)
      expect(map.values()).toEqual(list.map(([, value]) => value))
    }),
    { numRuns: 500 },
  )
})
