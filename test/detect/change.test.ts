import { describe, expect, it } from 'vitest'
import { applyChanges, parseChangePath } from '../../src/detect/change.ts'

function change(event: object, changes: Readonly<Record<string, unknown>>): unknown {
  return applyChanges(
    event,
    Object.entries(changes).map(([path, value]) => [parseChangePath(path) ?? [], value]),
  )
}

describe('a path', () => {
  it('has keys between dots, and in quotes where they have dots themselves', () => {
    expect(parseChangePath('verb')).toEqual(['verb'])
    expect(parseChangePath('a.b/c.0')).toEqual(['a', 'b/c', '0'])
    expect(parseChangePath('annotations."authorization.k8s.io/decision"')).toEqual([
      'annotations',
      'authorization.k8s.io/decision',
    ])
    for (const path of ['', '.', 'a.', '.a', 'a..b', '"a', 'a"b"', '"a"b']) {
      expect(parseChangePath(path)).toBeUndefined()
    }
  })
})

describe('changes', () => {
  it('set values on a copy, making the maps that lead there', () => {
    const event = { verb: 'get', user: { groups: ['a', 'b'] } }
    expect(change(event, { verb: 'list', 'user.groups.1': 'c', 'x.y': [1] })).toEqual({
      verb: 'list',
      user: { groups: ['a', 'c'] },
      x: { y: [1] },
    })
    expect(event).toEqual({ verb: 'get', user: { groups: ['a', 'b'] } })
  })

  it('remove what is set to null, closing the gap in an array', () => {
    expect(change({ a: { b: 1, c: 2 }, d: [1, 2, 3] }, { 'a.b': null, 'd.0': null })).toEqual({
      a: { c: 2 },
      d: [2, 3],
    })
  })

  it('never reach what an object inherits', () => {
    expect(change({}, { '__proto__.x': 1 })).toEqual(JSON.parse('{"__proto__":{"x":1}}'))
    expect(({} as { x?: number }).x).toBeUndefined()
  })
})
