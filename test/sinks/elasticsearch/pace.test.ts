import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faster, firstPace, type Pace, slower } from '../../../src/sinks/elasticsearch/pace.ts'

const mib = 1024 * 1024
const limits = { maxRequests: 4, maxBytes: 5 * mib, maxItems: 1000 }

describe('the pace of bulk requests', () => {
  it('halves under overload, down to one request of 64 KiB', () => {
    let pace: Pace = { requests: 4, bytes: 5 * mib }
    pace = slower(pace)
    expect(pace).toEqual({ requests: 2, bytes: 2.5 * mib })
    for (let i = 0; i < 20; i++) pace = slower(pace)
    expect(pace).toEqual({ requests: 1, bytes: 64 * 1024 })
  })

  it('stays within its limits, whatever comes, and reaches them when all is taken', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (taken) => {
        let pace = firstPace(limits)
        for (const isTaken of taken) {
          pace = isTaken ? faster(pace, limits) : slower(pace)
          expect(pace.requests).toBeGreaterThanOrEqual(1)
          expect(pace.requests).toBeLessThanOrEqual(limits.maxRequests)
          expect(pace.bytes).toBeGreaterThanOrEqual(64 * 1024)
          expect(pace.bytes).toBeLessThanOrEqual(limits.maxBytes)
        }
        for (let i = 0; i < 30; i++) pace = faster(pace, limits)
        expect(pace).toEqual({ requests: 4, bytes: 5 * mib })
      }),
    )
  })
})
