import { describe, expect, it } from 'vitest'
import { packBatch, unpackBatch } from '../../src/audit/batch.ts'
import { decodeItem } from '../../src/audit/event.ts'
import { splitBody } from '../../src/audit/split.ts'
import { KubewitnessError } from '../../src/errors.ts'

const texts = [
  '{"auditID":"a","verb":"get","stageTimestamp":"2026-01-01T00:00:01.000002Z"}',
  '{"auditID":"é"}',
  '{"auditID":"c"}',
]

function packed(input: string, replacements?: ReadonlyMap<number, Uint8Array>) {
  const { bytes, items } = splitBody(Buffer.from(input))
  return packBatch({
    cluster: 'prod-é',
    sender: 'apiserver-ü@192.0.2.1',
    bytes,
    items,
    ...(replacements && { replacements }),
  })
}

function errorOf(frame: Uint8Array): string {
  try {
    unpackBatch(frame, 0)
    return 'none'
  } catch (error) {
    if (!(error instanceof KubewitnessError)) throw error
    return `${error.code}: ${error.message}`
  }
}

describe('a frame', () => {
  it.each([
    ['[', ',', ']'],
    ['', '\n', ''],
    ['[ ', ' , ', ' ]'],
  ])('holds the items one a line, whatever was between them: %j %j %j', (open, between, close) => {
    const input = open + texts.join(between) + close
    const { items } = splitBody(Buffer.from(input))
    const batch = unpackBatch(packed(input), 7)
    expect(Buffer.from(batch.bytes).toString()).toBe(texts.join('\n'))
    expect(texts.map((_, i) => decodeItem(batch, i))).toEqual(texts.map((text) => JSON.parse(text)))
    expect({ ...batch, bytes: undefined, index: undefined }).toEqual({
      cluster: 'prod-é',
      sender: 'apiserver-ü@192.0.2.1',
      receivedAtMs: 7,
      bytes: undefined,
      index: undefined,
    })
    expect(batch.index.columns).toEqual(items.columns)
    expect(batch.index.texts).toEqual(items.texts)
    expect(batch.index.annotationKeys).toEqual(items.annotationKeys)
    expect(batch.index.certainlyTrue).toEqual(items.certainlyTrue)
    expect(batch.index.certainlyFalse).toEqual(items.certainlyFalse)
    expect([...batch.index.timesUs]).toEqual([1_767_225_601_000_002, 0, 0])
  })

  it.each([[[0]], [[1]], [[2]], [[0, 2]], [[0, 1, 2]]])('takes replacements of %j', (numbers) => {
    const replacements = new Map(numbers.map((i) => [i, Buffer.from(`{"redacted":${i}}`)]))
    const batch = unpackBatch(packed(`[${texts.join(',')}]`, replacements), 0)
    const expected = texts.map((text, i) => replacements.get(i)?.toString() ?? text)
    expect(Buffer.from(batch.bytes).toString()).toBe(expected.join('\n'))
    expect(expected.map((_, i) => decodeItem(batch, i))).toEqual(
      expected.map((text) => JSON.parse(text)),
    )
  })

  it('is the same for the same batch, and may be empty', () => {
    expect(packed(`[${texts}]`)).toEqual(packed(`${texts.join(' ')}`))
    const batch = unpackBatch(packed('[]'), 0)
    expect([batch.index.count, batch.bytes.length]).toEqual([0, 0])
  })

  it('may lie anywhere in a buffer', () => {
    const frame = packed(`[${texts}]`)
    const moved = Buffer.concat([Buffer.from('xyz'), frame]).subarray(3)
    expect(unpackBatch(moved, 0)).toEqual(unpackBatch(frame, 0))
  })

  it('that is cut, longer or foreign is refused with the reason', () => {
    const frame = packed(`[${texts}]`)
    const at = (place: number, value: number) =>
      Uint8Array.from(frame).fill(value, place, place + 1)
    const unreadable = 'log.failed: unpacking a stored batch: '
    expect([
      errorOf(new Uint8Array(0)),
      errorOf(Buffer.from('{"auditID":"a","stage":"x"}')),
      errorOf(frame.subarray(0, 20)),
      errorOf(frame.subarray(0, frame.length - 1)),
      errorOf(Buffer.concat([frame, frame])),
      errorOf(at(3, 7)),
      errorOf(at(3, 2)),
      errorOf(at(12, 2)),
      errorOf(at(15, 0xff)),
    ]).toEqual([
      `${unreadable}it is not a stored batch`,
      `${unreadable}it is not a stored batch`,
      `${unreadable}its length is wrong`,
      `${unreadable}its length is wrong`,
      `${unreadable}its length is wrong`,
      'log.newer: unpacking a stored batch: its version is 7, and 6 is the newest that is known here',
      'log.older: unpacking a stored batch: its version is 2, and only 6 is read here',
      `${unreadable}its length is wrong`,
      `${unreadable}its length is wrong`,
    ])
    expect(errorOf(at(20 + 32 + 3 * 20 * 4, 0xff))).toBe(`${unreadable}its lengths do not add up`)
  })
})
