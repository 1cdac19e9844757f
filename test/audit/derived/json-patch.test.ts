import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { putByJsonPatch } from '../../../src/audit/derived/json-patch.ts'

const put = (path: unknown, value: unknown, op = 'add') => ({ op, path, value })

describe('a JSON patch puts in', () => {
  it.each([
    [[put('/a/b', 1)], { a: { b: 1 } }],
    [[put('/a', { b: 1 }), put('/a/c', 2)], { a: { b: 1, c: 2 } }],
    [[put('/a', 1), put('/a', 2, 'replace')], { a: 2 }],
    [[put('/a~1b/c~0d~01', 1)], { 'a/b': { 'c~d~1': 1 } }],
    [[put('/list/-', 1), put('/list/-', 2)], { list: [1, 2] }],
    // The second is put before the first: both are there.
    [[put('/list/0', 1), put('/list/0', 2)], { list: [1, 2] }],
    [[put('/list/3/a', 1, 'replace'), put('/list/3/b', 2, 'replace')], { list: [{ a: 1, b: 2 }] }],
    [
      [put('/list', [{ a: 1 }, { a: 2 }]), put('/list/1/b', 3)],
      { list: [{ a: 1 }, { a: 2, b: 3 }] },
    ],
    [[put('/list', [1]), put('/list/-', 2)], { list: [1, 2] }],
    [[put('', { a: 1 }), put('/b', 2)], { a: 1, b: 2 }],
    [
      [put('/a', { x: 1 }), { op: 'copy', from: '/a', path: '/b' }, put('/b/y', 2)],
      { a: { x: 1 }, b: { x: 1, y: 2 } },
    ],
    [[put('/a', { x: 1 }), { op: 'move', from: '/a/x', path: '/c' }], { a: { x: 1 }, c: 1 }],
    [[put('/a', {}), { op: 'copy', from: '', path: '/a/b' }], { a: { b: { a: {} } } }],
    [[{ op: 'copy', from: '/unknown', path: '/a' }], {}],
    [
      [
        { op: 'remove', path: '/a' },
        { op: 'test', path: '/b', value: 1 },
      ],
      {},
    ],
    [[put('a', 1), put(5, 1), put(null, 1), null, 'x', [], put('', 'x')], {}],
    [[put('/a', 1), put('/a/b', 2)], { a: { b: 2 } }],
  ])('by %j: %j', (operations, expected) => {
    expect(putByJsonPatch(operations)).toEqual(expected)
  })

  it('keys that look inherited as keys of their own', () => {
    const object = putByJsonPatch([put('/__proto__/privileged', true), put('/constructor', 1)])
    expect(Object.keys(object)).toEqual(['__proto__', 'constructor'])
    expect(Object.keys({})).toEqual([])
    expect('privileged' in {}).toBe(false)
  })

  const key = fc.constantFrom('a', 'b', 'c', '0', '1', '-', '~', '')
  const pointer = fc
    .array(key, { maxLength: 4 })
    .map((keys) => keys.map((k) => `/${k.replaceAll('~', '~0')}`).join(''))
  const operation = fc.record({
    op: fc.constantFrom('add', 'replace', 'remove', 'copy', 'move', 'test'),
    path: pointer,
    from: pointer,
    value: fc.jsonValue({ maxDepth: 2 }),
  })

  it('nothing into the values of the patch, whatever it says, and never a circle', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 12 }), (operations) => {
        const before = JSON.stringify(operations)
        const object = putByJsonPatch(operations)
        expect(JSON.stringify(operations)).toBe(before)
        // A circle would throw.
        expect(typeof JSON.stringify(object)).toBe('string')
      }),
      { numRuns: 2000 },
    )
  })

  it('what it writes last where no array is on the way', () => {
    const plain = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(fc.array(fc.tuple(plain, fc.nat(9)), { maxLength: 8 }), (writes) => {
        const object = putByJsonPatch(
          writes.map(([keys, value]) => put(`/${keys.join('/')}`, value)),
        )
        const naive: Record<string, unknown> = {}
        for (const [keys, value] of writes) writeNaively(naive, keys, value)
        expect(object).toEqual(naive)
      }),
    )
  })

  it('10,000 of the operations of a long patch, elements of long arrays and deep paths, and stays quick', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => put(`/list/${i}/a`, i, 'replace'))
    expect(putByJsonPatch(many)['list']).toHaveLength(10_000)
    const long = Array.from({ length: 100_000 }, (_, i) => i)
    const added = [put('/list', long), ...many.slice(0, 9_000).map(() => put('/list/0', 'x'))]
    expect(putByJsonPatch(added)['list']).toHaveLength(109_000)
    expect(putByJsonPatch([put('/a'.repeat(100_000), 1)])).toEqual({})
    expect(putByJsonPatch([put('/0'.repeat(64), 1)])).not.toEqual({})
    const doubling = [
      put('/a', { x: [1] }),
      ...Array.from({ length: 9_999 }, () => ({ op: 'copy', from: '/a', path: '/a/b' })),
    ]
    expect(typeof putByJsonPatch(doubling)['a']).toBe('object')
  })
})

function writeNaively(
  root: Record<string, unknown>,
  keys: readonly string[],
  value: unknown,
): void {
  let holder = root
  for (const key of keys.slice(0, -1)) {
    const known = holder[key]
    const next = typeof known === 'object' ? { ...known } : {}
    holder[key] = next
    holder = next as Record<string, unknown>
  }
  holder[keys.at(-1) ?? ''] = value
}
