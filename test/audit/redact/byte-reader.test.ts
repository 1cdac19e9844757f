import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteReader } from '../../../src/audit/redact/byte-reader.ts'
import { Candidates } from '../../../src/audit/redact/candidates.ts'
import { meaningOfKey } from '../../../src/audit/redact/meanings.ts'
import {
  CREDENTIAL,
  DEEP,
  JSON_TEXT,
  KIND,
  NAME_MAP,
  SECRETIVE_KIND,
} from '../../../src/audit/redact/roles.ts'
import { isSecretiveKind } from '../../../src/audit/redact/shapes.ts'
import { Tape } from '../../../src/audit/redact/tape.ts'

interface Row {
  readonly key: string | undefined
  readonly text: string
  readonly meaning: number
  readonly marks: number
  readonly rowsInside: number
}

/** What a tape says of a value, worked out from the parsed value. Keys are the names in it. */
function rowsOf(value: unknown, key: string | undefined, isBelowNames: boolean, depth = 0): Row[] {
  const meaning = key === undefined || isBelowNames ? 0 : meaningOfKey(key)
  const isBelow = isBelowNames || (isContainer(value) && (meaning & NAME_MAP) !== 0)
  const members: [string | undefined, unknown][] = Array.isArray(value)
    ? value.map((one) => [undefined, one])
    : isContainer(value)
      ? Object.entries(value)
      : []
  const inside: Row[] = []
  let marks = isContainer(value) && depth + 1 > 40 ? DEEP : 0
  if (typeof value === 'string') marks = /^(?:[{[ ]|\\(?!"))/.test(encoded(value)) ? JSON_TEXT : 0
  for (const [name, member] of members) {
    const rows = rowsOf(member, name, isBelow, depth + 1)
    const { meaning: roles, marks: within } = rows[0]!
    inside.push(...rows)
    if ((roles & NAME_MAP) !== 0) continue
    const isLiteral = member === null || typeof member === 'boolean'
    marks |= within | (roles & (isLiteral ? 0xffff & ~CREDENTIAL : 0xffff))
    const isSecretive =
      (roles & KIND) !== 0 && typeof member === 'string' && isSecretiveKind(member)
    if (isSecretive) marks |= SECRETIVE_KIND
  }
  const text = JSON.stringify(value)
  return [{ key, text, meaning, marks, rowsInside: inside.length }, ...inside]
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function encoded(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function tapeRows(reader: ByteReader, bytes: Buffer, start: number, end: number): Row[] {
  reader.fill(bytes, start, end)
  const tape = new Tape(reader, end - start, start)
  return Array.from({ length: tape.next(0) }, (_, row) => {
    const key = bytes.toString('utf8', tape.keyStart(row), tape.keyEnd(row))
    return {
      key: tape.keyStart(row) === 0 ? undefined : String(JSON.parse(`"${key}"`)),
      text: JSON.stringify(JSON.parse(bytes.toString('utf8', tape.start(row), tape.end(row)))),
      meaning: tape.meaning(row),
      marks: tape.marks(row),
      rowsInside: tape.next(row) - row - 1,
    }
  })
}

const names = [
  ...['kind', 'Kind', 'name', 'value', 'op', 'path', 'command', 'password', 'apiKey', 'labels'],
  ...['managedFields', 'data', 'spec', 'x', 'ab', '', 'é', '"quoted"', 'requestURI', 'objectRef'],
  ...['kubectl.kubernetes.io/last-applied-configuration', `${'long'.repeat(20)}Token`],
]
const texts = [
  'Secret',
  'configmapList',
  'Pod',
  '',
  ' ',
  '{"a":1}',
  '[',
  '\n',
  '"',
  '\\',
  'é',
  'x'.repeat(40),
]
const json = fc.letrec<{ value: unknown; list: unknown[]; object: Record<string, unknown> }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(...texts, null, true, false, 0, -1.5e-7, 12345678901),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 5 }),
  }),
)

it('rows are all the values of a document, with what their keys mean and what is said in them', () => {
  // One reader: what it remembers of names has to hold for all of them.
  const reader = new ByteReader()
  fc.assert(
    fc.property(json.value, fc.constantFrom(0, 1, 2), fc.boolean(), (value, indent, isBetween) => {
      const text = JSON.stringify(value, null, indent)
      const bytes = Buffer.from(isBetween ? `"before"${text},"password":"{` : text)
      const start = isBetween ? 8 : 0
      const end = start + Buffer.byteLength(text)
      expect(tapeRows(reader, bytes, start, end)).toEqual(rowsOf(value, undefined, false))
    }),
    { numRuns: 2_000 },
  )
})

it('rows grow with the document, names with their number, and depth is marked', () => {
  const reader = new ByteReader()
  const many = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, i) => [`name${i % 2 === 0 ? 'Token' : ''}${i}`, [i]]),
  )
  let deep: unknown = 'x'
  for (let i = 0; i < 60; i++) deep = i % 2 === 0 ? [deep] : { a: deep }
  for (const value of [many, many, deep, { a: 1 }]) {
    const bytes = Buffer.from(JSON.stringify(value))
    expect(tapeRows(reader, bytes, 0, bytes.length)).toEqual(rowsOf(value, undefined, false))
  }
})

it('a literal under the name of a credential says nothing, and neither does a map of names', () => {
  const reader = new ByteReader()
  const marksOf = (text: string): number =>
    tapeRows(reader, Buffer.from(text), 0, text.length)[0]!.marks
  expect(marksOf('{"automountServiceAccountToken":false}') & CREDENTIAL).toBe(0)
  expect(marksOf('{"token":7}') & CREDENTIAL).toBe(CREDENTIAL)
  expect(marksOf('{"labels":{"token":"x","kind":"Secret","command":[" "]}}')).toBe(0)
})

it('the end of a value is found as JSON.parse would, or none', () => {
  const reader = new ByteReader()
  const samples = [
    '{}',
    '[1,2]',
    '{"a":[{}]}',
    '{"a":',
    '[1,]',
    '{"a" 1}',
    '[1 2]',
    '{"a":"\\x"}',
    '{a:1}',
    '[01]',
  ]
  for (const sample of samples) {
    const bytes = Buffer.from(sample)
    reader.fill(bytes, 0, bytes.length)
    let isValid = true
    try {
      JSON.parse(sample)
    } catch {
      isValid = false
    }
    expect([sample, reader.valueEnd(0, bytes.length) === bytes.length]).toEqual([sample, isValid])
  }
})

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
          candidates.searchItem(bytes, start, end, isThorough)
        })
        expect(found).toEqual(placesIn(text, isThorough))
      },
    ),
    { numRuns: 5_000 },
  )
})

it('candidates are found at the borders of what is looked at at once, and any number of them', () => {
  const window = 64 << 10
  for (const piece of ['eyJ', 'Bearer', '://user@', '\\u0041', 'PRIVATE', 'LS0t']) {
    for (let shift = 0; shift <= piece.length; shift++) {
      const text = `${'x'.repeat(window - shift)}${piece}${'x'.repeat(40)}`
      const candidates = new Candidates(reader)
      candidates.searchAll(Buffer.from(text))
      const [place] = placesIn(text, false)
      expect(candidates.anyIn(place!, place! + 1)).toBe(true)
      expect(candidates.anyIn(0, place!) || candidates.anyIn(place! + 1, text.length)).toBe(false)
    }
  }
  const many = Buffer.from('LS0t'.repeat(50_000))
  const candidates = new Candidates(reader)
  candidates.searchAll(many)
  const places = Array.from({ length: 50_000 }, (_, i) => 4 * i)
  expect(
    places.every((at) => candidates.anyIn(at, at + 1) && !candidates.anyIn(at + 1, at + 4)),
  ).toBe(true)
})
