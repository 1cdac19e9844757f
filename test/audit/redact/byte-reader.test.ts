import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteReader } from '../../../src/audit/redact/byte-reader.ts'
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
  // The memory of what is large is not kept: what comes next finds another.
  const large = { token: 'x'.repeat(9 << 20), labels: [' '] }
  for (const value of [many, many, deep, large, { a: 1, kind: 'Secret' }]) {
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
