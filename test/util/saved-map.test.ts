import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSavedMap, type SavedMap } from '../../src/util/saved-map.ts'

const parse = (json: unknown): number | undefined => (typeof json === 'number' ? json : undefined)

/** A store that takes changes. */
function save(map: SavedMap<number>, store: Map<string, Uint8Array>): void {
  for (const { key, value } of map.takeChanges()) {
    if (value === undefined) store.delete(key)
    else store.set(key, value)
  }
}

describe('a saved map', () => {
  it('is the same after a restart, whatever was done between two saves', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c/d', ''),
      value: fc.option(fc.integer(), { nil: undefined }),
      saves: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const map = createSavedMap('p/', parse)
        const store = new Map<string, Uint8Array>()
        for (const { key, saves, value } of steps) {
          if (value === undefined) map.delete(key)
          else map.put(key, value)
          if (saves) save(map, store)
        }
        save(map, store)
        const again = createSavedMap('p/', parse)
        again.restore([...store].map(([key, value]) => ({ key, value })))
        expect(new Map(again.entries())).toEqual(new Map(map.entries()))
        expect(again.takeChanges()).toEqual([])
      }),
    )
  })

  it('removes what it cannot use any more', () => {
    const map = createSavedMap('p/', parse)
    map.restore([
      { key: 'p/a', value: Buffer.from('"text"') },
      { key: 'p/b', value: Buffer.from('{') },
      { key: 'p/c', value: Buffer.from('3') },
    ])
    expect(map.entries()).toEqual([['c', 3]])
    expect(map.takeChanges()).toEqual([
      { key: 'p/a', value: undefined },
      { key: 'p/b', value: undefined },
    ])
  })

  it('begins anew when it is restored', () => {
    const map = createSavedMap('p/', parse)
    map.put('a', 1)
    map.restore([])
    expect([map.size, map.takeChanges()]).toEqual([0, []])
  })
})
