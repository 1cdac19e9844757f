import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../../src/contracts.ts'
import { createCorrelator } from '../../../src/detect/correlate/create.ts'
import { correlation, event, feed, threshold } from './setup.ts'

describe('what a correlation remembers', () => {
  it('is kept to so many keys: hot ones outlive a flood of keys that come once', () => {
    const rule = correlation('event_count', threshold({ gte: 10 }), {
      timespanS: 3600,
      custom: { maxKeys: 100 },
    })
    const correlator = createCorrelator([rule])
    const matches = Array.from({ length: 2000 }, (_, i) =>
      feed(correlator, [[event({ atS: i / 10, user: i % 100 === 0 ? 'hot' : `once-${i}` }), 'a']]),
    ).flat()
    expect(
      matches.map(({ group, count, isCut }) => [group['user.username'], count, isCut]),
    ).toEqual(Array.from({ length: 11 }, (_, i) => ['hot', 10 + i, false]))
    const [counts] = correlator.takeCounts()
    expect(counts).toMatchObject({ rule, observed: 2000, evicted: 1880, cut: 0, groups: 101 })
  })

  it('is of two stages of one request given up before that of two requests, where events count', () => {
    const custom = { maxKeys: 2, count: 'events' }
    const rule = correlation('event_count', threshold({ gte: 3 }), { timespanS: 3600, custom })
    const correlator = createCorrelator([rule])
    const matches = feed(correlator, [
      [event({ atS: 0, user: 'requests' }), 'a'],
      [event({ atS: 1, user: 'requests' }), 'a'],
      [event({ atS: 2, user: 'stages', auditID: 'one', stage: 'ResponseStarted' }), 'a'],
      [event({ atS: 3, user: 'stages', auditID: 'one' }), 'a'],
      [event({ atS: 4, user: 'other' }), 'a'],
      [event({ atS: 5, user: 'requests' }), 'a'],
      [event({ atS: 6, user: 'stages' }), 'a'],
    ])
    expect(matches.map(({ group, count }) => [group['user.username'], count])).toEqual([
      ['requests', 3],
    ])
  })

  it('is no later stage that does not count, once the watermark has passed it', () => {
    const rule = correlation('event_count', threshold({ gte: 9 }), { timespanS: 3600 })
    const bytesWith = (...later: AuditEvent[]): number => {
      const correlator = createCorrelator([rule])
      const first = event({ atS: 0, auditID: 'first', stage: 'ResponseStarted' })
      const all = [
        first,
        ...later,
        event({ atS: 300, auditID: 'b' }),
        event({ atS: 301, auditID: 'c' }),
      ]
      feed(
        correlator,
        all.map((one) => [one, 'a'] as const),
      )
      return correlator.takeCounts()[0]!.bytes
    }
    expect(bytesWith(event({ atS: 1, auditID: 'first' }))).toBe(bytesWith())
  })

  it('is said to be cut when a key comes back that may have been given up', () => {
    const rule = correlation('event_count', threshold({ gte: 2 }), { custom: { maxKeys: 1 } })
    const correlator = createCorrelator([rule])
    const users = ['alice', 'bob', 'carol', 'alice', 'alice']
    const matches = feed(
      correlator,
      users.map((user, i) => [event({ atS: i, user }), 'a'] as const),
    )
    expect(matches.map(({ count, isCut }) => ({ count, isCut }))).toEqual([
      { count: 2, isCut: true },
    ])
  })

  it('is kept to so many entries of a key, the oldest go first, and the match says so', () => {
    const rule = correlation('event_count', threshold({ gte: 500 }), {
      timespanS: 3600,
      custom: { maxBytes: '64 KiB' },
    })
    const correlator = createCorrelator([rule])
    const events = Array.from({ length: 1000 }, (_, i) => [event({ atS: i }), 'a'] as const)
    const last = feed(correlator, events).at(-1)
    expect(last).toMatchObject({ count: 712, isCut: true })
    expect(correlator.takeCounts()).toMatchObject([{ cut: 288, groups: 1 }])
  })

  it('counts what came too late, and what lacked a field', () => {
    const rule = correlation('event_count', threshold({ gte: 9 }), { groupBy: ['verb'] })
    const correlator = createCorrelator([rule])
    const verb = { verb: 'get' }
    feed(correlator, [
      [event({ atS: 0, more: verb }), 'a'],
      [event({ atS: 500, more: verb }), 'a'],
      [event({ atS: 379, more: verb }), 'a'],
      [event({ atS: 380, more: verb }), 'a'],
      [event({ atS: 500 }), 'a'],
    ])
    const counted = { observed: 3, late: 1, incomplete: 1 }
    expect(correlator.takeCounts()).toMatchObject([counted])
    expect(correlator.takeCounts()).toMatchObject([{ observed: 0, late: 0, incomplete: 0 }])
  })
})
