import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextBytes } from '../../src/util/text-bytes.ts'
import { TextHash } from '../../src/util/text-hash.ts'

function hashOf(values: readonly unknown[]): string {
  const hash = new TextHash()
  hash.begin()
  for (const value of values) hash.add(value)
  const words = new Uint32Array(2)
  hash.finish(words, 0)
  return words.join(' ')
}

const values = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ maxLength: 9 }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.constantFrom(undefined, null, true, '', '\0', '\0\0', '\ud800', '\udc00'),
    fc.jsonValue(),
  ),
  { maxLength: 4 },
)

/** Values are as alike as their JSON, but that undefined is none. */
function textOf(all: readonly unknown[]): string {
  return all.map((value) => (value === undefined ? '-' : JSON.stringify(value))).join()
}

describe('a hash of texts', () => {
  it('is the same everywhere', () => {
    expect(hashOf(['system:anonymous', 403, undefined, ['é', '\u4e2d']])).toMatchInlineSnapshot(
      `"1148174141 235709084"`,
    )
  })

  it('is the same for the same values, and another for others', () => {
    fc.assert(
      fc.property(values, values, (some, others) => {
        expect(hashOf(structuredClone(some))).toBe(hashOf(some))
        if (textOf(some) !== textOf(others)) expect(hashOf(some)).not.toBe(hashOf(others))
      }),
      { numRuns: 2000 },
    )
  })

  it('of bytes is that of their text, where they are one as they stand', () => {
    const units = fc.constantFrom('a', '1', ' ', '~', '\u007f', '"', '\\', 'é', '\u4e2d')
    fc.assert(
      fc.property(fc.string({ unit: units, maxLength: 12 }), fc.nat(3), (text, before) => {
        const bytes = Buffer.from(' '.repeat(before) + text)
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
        const known = TextBytes.of(view, before, bytes.length)
        expect(known === undefined).toBe(/["\\é\u4e2d]/.test(text))
        if (known === undefined) return
        expect(hashOf([known])).toBe(hashOf([text]))
        expect(JSON.stringify([known])).toBe(JSON.stringify([text]))
      }),
    )
  })

  it.each([
    [
      ['ab', 'c'],
      ['a', 'bc'],
    ],
    [
      ['', 'a'],
      ['a', ''],
    ],
    [['a'], ['a', undefined]],
    [['a'], ['a\0']],
    [[1], ['1']],
    [[0x1_0000_0000], [0]],
    [['\u0141'], ['A\u0001']],
    [['A\u0141'], ['AA\u0001']],
    [[null], ['null']],
    [[undefined], [null]],
  ])('of %j is not that of %j', (some, others) => {
    expect(hashOf(some)).not.toBe(hashOf(others))
  })

  it('changes half of its bits with one bit of the text, wherever that is', () => {
    const text = 'system:serviceaccount:shop:deployer'
    const words = (one: string) => hashOf([one]).split(' ').map(Number)
    const before = words(text)
    for (let place = 0; place < text.length; place++)
      for (let bit = 0; bit < 7; bit++) {
        const changed = String.fromCharCode(text.charCodeAt(place) ^ (1 << bit))
        const after = words(text.slice(0, place) + changed + text.slice(place + 1))
        const bits = after
          .map((word, i) => ((word ^ before[i]!) >>> 0).toString(2).replaceAll('0', '').length)
          .reduce((sum, count) => sum + count, 0)
        expect(bits).toBeGreaterThan(12)
        expect(bits).toBeLessThan(52)
      }
  })
})
