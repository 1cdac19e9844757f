import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteReader } from '../../../src/audit/redact/byte-reader.ts'
import { Candidates } from '../../../src/audit/redact/candidates.ts'

/** All that is searched for, one by one. */
function placesIn(text: string, isThorough: boolean): number[] {
  const common = [
    /(?<=ey)J/g,
    /B[eE](?=[aA])|B[aA](?=[sS])/g,
    /(?<=\\?:(?:\\?\/){2}[^/@"\u0000- ]*)@/g,
    /\\u00(?:2[0-57-9a-fA-F]|3[0-9abdfABDF]|[4-7][0-9a-zA-Z])/g,
    /PRIVATE/g,
    /LS0t/g,
  ]
  const thorough = isThorough ? [/bearer/g, /basic/g, /(?<=e)yA/g] : []
  return [...common, ...thorough]
    .flatMap((pattern) => [...text.matchAll(pattern)].map(({ index }) => index))
    .toSorted((a, b) => a - b)
}

function foundIn(text: string, from: number, search: (candidates: Candidates) => void): number[] {
  const candidates = new Candidates(reader)
  search(candidates)
  return Array.from(text, (_, i) => i).filter((i) => candidates.anyIn(from + i, from + i + 1))
}

const reader = new ByteReader()
const pieces = [
  ...['eyJ', 'eyA', 'ey', 'J', 'yA', 'Bea', 'BASIC', 'Bas', 'B', 'bearer', 'basic', 'ba', 'be'],
  ...['://', ':\\/\\/', '@', 'user', '/', '"', ' ', '\\u0041', '\\u0026', '\\u003c', '\\u00'],
  ...['PRIVATE', 'PRIVAT', 'LS0t', 'LS0', 'H', 'x'.repeat(13), 'y'.repeat(30), '\\'],
]

it('candidates are found wherever they stand', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { maxLength: 30 }),
      fc.nat(40),
      fc.boolean(),
      (parts, before, isThorough) => {
        const text = parts.join('')
        // What is around an item is not its own.
        const bytes = Buffer.from(`${'ey'.repeat(before)}${text}JVATE`)
        const start = 2 * before
        const end = start + text.length
        const found = foundIn(text, start, (candidates) => {
          reader.fill(bytes, start, end)
          candidates.takeItem(bytes, start, end, isThorough)
        })
        expect(found).toEqual(placesIn(text, isThorough))
      },
    ),
    { numRuns: 5_000 },
  )
})

it('candidates are found at the borders of what is looked at at once, and any number of them', () => {
  const window = 32 << 10
  for (const piece of ['eyJ', 'Bearer', '://user@', '\\u0041', 'PRIVATE', 'LS0t']) {
    for (let shift = 0; shift <= piece.length; shift++) {
      const text = `${'x'.repeat(window - shift)}${piece}${'x'.repeat(40)}`
      const candidates = new Candidates(reader)
      candidates.take(Buffer.from(text))
      const [place] = placesIn(text, false)
      expect(candidates.anyIn(place!, place! + 1)).toBe(true)
      expect(candidates.anyIn(0, place!) || candidates.anyIn(place! + 1, text.length)).toBe(false)
    }
  }
  const many = Buffer.from('LS0t'.repeat(50_000))
  const candidates = new Candidates(reader)
  candidates.take(many)
  const places = Array.from({ length: 50_000 }, (_, i) => 4 * i)
  expect(
    places.every((at) => candidates.anyIn(at, at + 1) && !candidates.anyIn(at + 1, at + 4)),
  ).toBe(true)
})

it('candidates are found in whatever order they are asked for', () => {
  const text = Array.from(
    { length: 4_000 },
    (_, i) => `${pieces[(7 * i) % pieces.length]}${'z'.repeat(i % 50)}`,
  ).join('')
  const bytes = Buffer.from(text)
  const places = placesIn(text, true)
  const all = new Candidates(reader)
  all.take(bytes)
  const thorough = new Candidates(reader)
  const common = placesIn(text, false)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(text.length), fc.oneof(fc.nat(20), fc.nat(text.length))), {
        maxLength: 20,
      }),
      (asked) => {
        const answers = (wanted: readonly number[]): boolean[] =>
          asked.map(([start, length]) =>
            wanted.some((at) => at >= start && at < Math.min(text.length, start + length)),
          )
        const ask = (candidates: Candidates): boolean[] =>
          asked.map(([start, length]) =>
            candidates.anyIn(start, Math.min(text.length, start + length)),
          )
        expect(ask(all)).toEqual(answers(common))
        reader.fill(bytes, 0, bytes.length)
        thorough.takeItem(bytes, 0, bytes.length, true)
        expect(ask(thorough)).toEqual(answers(places))
      },
    ),
    { numRuns: 300 },
  )
})
