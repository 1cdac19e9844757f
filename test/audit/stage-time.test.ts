import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeItem, toAuditEvent } from '../../src/audit/event.ts'
import { splitBody } from '../../src/audit/split.ts'
import { formatTimeUs } from '../../src/util/time.ts'

/** The time of each item as its bytes tell it. */
function timesOf(...items: string[]): number[] {
  const split = splitBody(Buffer.from(`[${items.join(',')}]`))
  expect([split.items.count, split.rejects]).toEqual([items.length, []])
  return [...split.items.timesUs]
}

function itemAt(stageTimestamp: string): string {
  return `{"auditID":"a","stage":"Panic","stageTimestamp":"${stageTimestamp}"}`
}

describe('the time of an item', () => {
  it('is told from the bytes to the microsecond', () => {
    expect(
      timesOf(
        itemAt('2026-01-01T00:00:00.000000Z'),
        itemAt('2026-01-01T00:00:59.999999Z'),
        itemAt('2026-01-01T00:01:00.000001Z'),
        itemAt('2026-01-01T00:00:00.000001Z'),
        itemAt('1999-12-31T23:59:59.123456Z'),
      ),
    ).toEqual([
      1_767_225_600_000_000, 1_767_225_659_999_999, 1_767_225_660_000_001, 1_767_225_600_000_001,
      946_684_799_123_456,
    ])
  })

  it.each([
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.000Z',
    '2026-01-01T01:00:00.000000+01:00',
    '2026-01-01T00:00:00.00000xZ',
    '2026-01-01T00:00:x0.000000Z',
    '2026-01-x1T00:00:00.000000Z',
    '2026\\u002d01-01T00:00:00.000Z',
    '1969-12-31T23:59:59.000000Z',
    '2107-01-01T00:00:00.000000Z',
    '',
  ])('is for the decoder when it is written as %j', (stamp) => {
    expect(timesOf(itemAt(stamp))).toEqual([0])
  })

  it('is for the decoder when it is absent, null, or there twice', () => {
    const stamp = '"stageTimestamp":"2026-01-01T00:00:00.000000Z"'
    expect(
      timesOf(
        '{"auditID":"a"}',
        '{"auditID":"a","stageTimestamp":null}',
        `{"auditID":"a",${stamp},${stamp}}`,
        `{"auditID":"a","requestObject":{${stamp}}}`,
      ),
    ).toEqual([0, 0, 0, 0])
  })

  it('is that of the decoded event whenever the bytes tell one', () => {
    const mutation = fc.tuple(fc.nat(26), fc.constantFrom(...'0123456789TZ:.-+ x'))
    const stamp = fc
      .tuple(fc.nat(4_200_000_000_000_000), fc.array(mutation, { maxLength: 2 }))
      .map(([timeUs, mutations]) => {
        const letters = [...formatTimeUs(timeUs)]
        for (const [place, letter] of mutations) letters[place] = letter
        return letters.join('')
      })
    fc.assert(
      fc.property(fc.array(stamp, { minLength: 1, maxLength: 9 }), (stamps) => {
        const { bytes, items } = splitBody(Buffer.from(`[${stamps.map(itemAt).join(',')}]`))
        const batch = { cluster: '', sender: '', receivedAtMs: 0, bytes, index: items }
        for (const [item] of stamps.entries()) {
          const { timeUs } = toAuditEvent(decodeItem(batch, item), batch)
          expect([0, timeUs]).toContain(items.timesUs[item])
        }
      }),
      { numRuns: 500 },
    )
  })
})
