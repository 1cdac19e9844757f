import { describe, expect, it } from 'vitest'
import type { StoredRecord } from '../../src/contracts.ts'
import { lingerMs } from '../../src/deliver/batch.ts'

const limits = { maxItems: 3, maxBytes: 100, lingerMs: 1_000 }

function record(bytes: number, appendedAtMs: number): StoredRecord {
  const position = { topic: 'alerts', partition: 0, offset: 0 }
  return { key: '', value: new Uint8Array(bytes), position, appendedAtMs }
}

describe('the wait for company', () => {
  it.each([
    ['nothing was read', [], 0],
    ['the oldest is new', [record(1, 5_000)], 1_000],
    ['the oldest has waited', [record(1, 4_400), record(1, 5_000)], 400],
    ['the oldest has waited long enough', [record(1, 4_000)], 0],
    ['the oldest has waited for hours', [record(1, 0)], 0],
    ['there are as many as fit', [record(1, 5_000), record(1, 5_000), record(1, 5_000)], 0],
    ['half of the bytes are there', [record(20, 5_000), record(30, 5_000)], 0],
    ['less than half of the bytes are there', [record(20, 5_000), record(29, 5_000)], 1_000],
    ['the clock was set back by a day', [record(1, 86_405_000)], 1_000],
  ])('when %s', (_, records, expected) => {
    expect(lingerMs(records, limits, 5_000)).toBe(expected)
  })
})
