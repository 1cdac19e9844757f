import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { annotationKeyBit } from '../../src/audit/annotation-families.ts'
import { indexedFields } from '../../src/audit/item-keys.ts'
import { UNFINISHED, ValueScanner } from '../../src/audit/json-scan.ts'
import { compilePath } from '../../src/audit/path.ts'
import {
  createBodySplitter,
  createSplitter,
  type SplitChunk,
  splitBody,
} from '../../src/audit/split.ts'
import { foldedHash, UNKNOWN } from '../../src/util/hash.ts'
import { readEvents, readWebhookBodies } from '../support/recordings.ts'

const first = '{"auditID":"first","stage":"ResponseComplete"}'
const last = '{"auditID":"last","stage":"ResponseComplete"}'

/** Items as they came, of policies with and without bodies; also odd ones. */
const recorded = [
  ...readWebhookBodies()
    .filter(({ events }) => events < 60)
    .flatMap(({ bytes }): unknown[] => JSON.parse(bytes.toString()).items),
  ...readEvents('attacks/impersonation.jsonl'),
].map((item) => Buffer.from(JSON.stringify(item)))

const eventKeys = ['auditID', 'stage', 'verb', 'requestURI']

/** What the splitter is to say of an item alone. */
function isTaken(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false
  const value = parsed(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const kind = (value as { kind?: unknown }).kind
  return (
    depthOf(value) <= 100 &&
    (typeof kind !== 'string' || kind === 'Event') &&
    eventKeys.some((key) => Object.hasOwn(value, key))
  )
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

/** Whether something in the item takes in its neighbour as valid JSON, as behind an opened array: nothing could tell that. */
function isValidWithNext(item: Buffer): boolean {
  const bytes = Uint8Array.from(Buffer.concat([item, Buffer.from(`,${last}`)]))
  const view = new DataView(bytes.buffer)
  return item.some(
    (byte, i) =>
      (byte === 0x7b || byte === 0x5b) &&
      new ValueScanner().end(view, i, bytes.length, 0) === UNFINISHED,
  )
}

const splitOne = createBodySplitter()

/** A body with the item between two good ones; items by their text, without the container's. */
function neighboursOf(item: Buffer, [open, between, close]: readonly [string, string, string]) {
  const bytes = Buffer.concat([
    Buffer.from(open + first + between),
    item,
    Buffer.from(between + last + close),
  ])
  return { bytes, chunk: splitOne(bytes) }
}

const containers = [
  ['{"kind":"EventList","items":[', ',', '],"metadata":{}}\n'],
  ['[', ', ', ']'],
  ['', '\n', '\n'],
] as const

function textsOf({ bytes, items }: SplitChunk): string[] {
  return Array.from({ length: items.count }, (_, i) =>
    Buffer.from(bytes).toString('latin1', items.starts[i], items.ends[i]),
  )
}

/** Every column of item `i` says what the decoded item says, or nothing. */
function expectTrueColumns({ items, bytes }: SplitChunk, i: number): void {
  const start = items.starts[i]!
  const end = items.ends[i]!
  const value: unknown = JSON.parse(Buffer.from(bytes.subarray(start, end)).toString())
  for (const field of indexedFields) {
    const column = items.columns[field][i]!
    if (column === UNKNOWN) continue
    const values = compilePath(field)(value)
    const expected = values === undefined ? 0 : foldedHash(String(values[0]))
    expect([field, column, values?.length ?? 1]).toEqual([field, expected, 1])
  }
  const annotations = (value as { annotations?: unknown }).annotations
  if (typeof annotations === 'object' && annotations !== null) {
    for (const key of Object.keys(annotations)) {
      expect(items.annotationKeys[i]! & annotationKeyBit(key)).not.toBe(0)
    }
  }
  const { requestURI, requestObject, responseObject } = value as Record<string, unknown>
  const uriStart = items.uriStarts[i]!
  const uri = Buffer.from(bytes.subarray(uriStart, items.uriEnds[i]))
  if (uriStart === 0) expect(requestURI).toBe(undefined)
  else if (uriStart !== start) expect(JSON.parse(`"${uri}"`)).toBe(requestURI)
  if ((requestObject ?? null) !== null || (responseObject ?? null) !== null) {
    expect(items.hasBody[i]).toBe(1)
  }
}

const edits = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    remove: fc.nat(3),
    insert: fc.oneof(
      fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', ' ', '\\u0061', 'null', '1'),
      fc.constantFrom('"user.username":"x",', '"verb":"x",', '},{', '{"a":', '\t', '\u00e9'),
      fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)),
    ),
  }),
  { minLength: 1, maxLength: 4 },
)

function edited(item: Buffer, changes: readonly { at: number; remove: number; insert: string }[]) {
  return changes.reduce((bytes, { at, remove, insert }) => {
    const place = Math.floor(at * bytes.length)
    return Buffer.concat([
      bytes.subarray(0, place),
      Buffer.from(insert, 'latin1'),
      bytes.subarray(place + remove),
    ])
  }, item)
}

const damagedItem = fc
  .tuple(fc.constantFrom(...recorded), edits)
  .map(([item, changes]) => withoutSeparators(edited(item, changes)))

/** Nobody minds these between items. */
function withoutSeparators(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(/^[\s,]+|[\s,]+$/g, ''), 'latin1')
}

const keys = fc.oneof(
  fc.constantFrom(...eventKeys, 'user', 'username', 'objectRef', 'resource', 'annotations', 'code'),
  fc.constantFrom(
    'kind',
    'responseStatus',
    'impersonatedUser',
    'requestObject',
    'a.b',
    '__proto__',
  ),
  fc.string(),
)
const { anyJson } = fc.letrec((tie) => ({
  anyJson: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue(),
    fc.constantFrom('get', 403, '403', null),
    tie('object'),
    fc.array(tie('anyJson'), { maxLength: 3 }),
  ),
  object: fc.dictionary(keys, tie('anyJson'), { maxKeys: 8 }),
}))

describe('splitting', () => {
  it('takes an item exactly if JSON.parse and the UTF-8 decoder do, and its columns tell what they tell', () => {
    fc.assert(
      fc.property(
        anyJson,
        fc.constantFrom(0, 2),
        fc.constantFrom(...containers),
        (json, space, container) => {
          // An array on a line of its own is a container.
          fc.pre(!(Array.isArray(json) && container === containers[2]))
          const item = Buffer.from(JSON.stringify(json, null, space))
          const { chunk } = neighboursOf(item, container)
          const isItemTaken = isTaken(item)
          expect(textsOf(chunk)).toEqual(
            isItemTaken ? [first, item.toString('latin1'), last] : [first, last],
          )
          if (isItemTaken) expectTrueColumns(chunk, 1)
          else expect(chunk.rejects.length).toBe(1)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('loses no neighbour of a damaged item, and takes no part of it', () => {
    fc.assert(
      fc.property(damagedItem, fc.constantFrom(...containers), (item, container) => {
        // One more array before the item is no damage.
        fc.pre(item[0] !== 0x5b && item[0] !== 0x5d && !isValidWithNext(item))
        const { chunk } = neighboursOf(item, container)
        const texts = textsOf(chunk)
        expect([texts[0], texts.at(-1)]).toEqual([first, last])
        for (let i = 0; i < chunk.items.count; i++) expectTrueColumns(chunk, i)
        if (isTaken(item)) expect(texts[1]).toEqual(item.toString('latin1'))
        else expect(chunk.rejects.length).toBeGreaterThan(0)
      }),
      { numRuns: 3000 },
    )
  })

  it('remembers nothing of the bodies before', () => {
    const body = fc
      .tuple(damagedItem, fc.constantFrom(...containers), fc.nat(3000))
      .map(([item, container, cut]) => neighboursOf(item, container).bytes.subarray(0, cut))
    fc.assert(
      fc.property(fc.array(body, { minLength: 2, maxLength: 4 }), (bodies) => {
        const split = createBodySplitter()
        for (const bytes of bodies) {
          const again = split(bytes)
          const fresh = splitBody(bytes)
          expect(textsOf(again)).toEqual(textsOf(fresh))
          expect(rejectsOf(again)).toEqual(rejectsOf(fresh))
          expect(columnsOf(again)).toEqual(columnsOf(fresh))
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('gives the same for every way of cutting the input, all pieces in the same memory', () => {
    const inputs = fc.oneof(
      fc
        .tuple(damagedItem, fc.constantFrom(...containers))
        .map(([item, container]) => neighboursOf(item, container).bytes),
      fc.array(damagedItem, { maxLength: 3 }).map((items) => Buffer.concat(items)),
      fc
        .tuple(damagedItem, fc.nat(3000))
        .map(([item, cut]) => neighboursOf(item, containers[0]).bytes.subarray(0, cut)),
    )
    const options = fc.record({ maxItemBytes: fc.constantFrom(100, 1000, 64 << 20) })
    fc.assert(
      fc.property(
        inputs,
        options,
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
        (bytes, limits, sizes) => {
          const whole = splitBody(bytes, limits)
          const splitter = createSplitter(limits)
          const chunks: SplitChunk[] = []
          const memory = new Uint8Array(400)
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const piece = bytes.subarray(at, at + sizes[turn % sizes.length]!)
            memory.set(piece)
            chunks.push(splitter.push(memory.subarray(0, piece.length)))
            at += piece.length
          }
          chunks.push(splitter.end())
          expect(chunks.flatMap(textsOf)).toEqual(textsOf(whole))
          expect(chunks.flatMap(rejectsOf)).toEqual(rejectsOf(whole))
          expect(chunks.flatMap(columnsOf)).toEqual(columnsOf(whole))
        },
      ),
      { numRuns: 1000 },
    )
  })
})

function rejectsOf({ bytes, rejects }: SplitChunk): unknown[] {
  return rejects.map(({ reason, offset, message, start, end }) => [
    reason,
    offset,
    message,
    Buffer.from(bytes).toString('latin1', start, end),
  ])
}

function columnsOf({ items }: SplitChunk): unknown[] {
  return Array.from({ length: items.count }, (_, i) => [
    indexedFields.map((field) => items.columns[field][i]),
    items.annotationKeys[i],
    items.certainlyTrue[i],
    items.certainlyFalse[i],
    items.hasBody[i],
    items.uriEnds[i]! - items.uriStarts[i]!,
  ])
}
