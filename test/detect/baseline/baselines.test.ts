import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventRule } from '../../../src/contracts.ts'
import { type Baselines, createBaselines } from '../../../src/detect/baseline/baselines.ts'
import type { RuleMatch } from '../../../src/detect/match.ts'
import { readBaseline } from '../../../src/sigma/baseline.ts'
import { event, eventRule } from '../correlate/setup.ts'

const day = 86_400

function ruleWith(baseline: unknown): EventRule {
  return { ...eventRule('a'), custom: { baseline } }
}

function baselinesOf(baseline: unknown): Baselines {
  return createBaselines([ruleWith(baseline)], [])!
}

/** What somebody did, and when, in seconds. */
interface Did {
  readonly user: string
  readonly verb: string
  readonly atS: number
}

function matchOf({ user, verb, atS }: Did): RuleMatch {
  return { rule: eventRule('a'), event: event({ user, atS, more: { verb } }), itemNumber: 0 }
}

function isTold(baselines: Baselines, did: Did): boolean {
  return baselines.keep([matchOf(did)]).length > 0
}

function restarted(baseline: unknown, before: Baselines): Baselines {
  const after = baselinesOf(baseline)
  after.restore(
    before.takeChanges().flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }])),
  )
  return after
}

describe('firstSeen', () => {
  const baseline = { kind: 'firstSeen', of: ['verb'], learning: '2d', forget: '16d', history: 3 }

  it('tells what an actor did not do before, once it is known long and well enough', () => {
    const baselines = baselinesOf(baseline)
    const told = [
      { user: 'alice', verb: 'get', atS: 0 },
      { user: 'alice', verb: 'list', atS: day },
      { user: 'alice', verb: 'get', atS: 1.5 * day },
      { user: 'alice', verb: 'create', atS: 1.9 * day },
      { user: 'alice', verb: 'delete', atS: 2 * day },
      { user: 'alice', verb: 'delete', atS: 2 * day + 1 },
      { user: 'bob', verb: 'delete', atS: 2 * day + 2 },
      { user: 'alice', verb: 'list', atS: 30 * day },
    ].map((did) => isTold(baselines, did))
    expect(told).toEqual([false, false, false, false, true, false, false, true])
  })

  it('says what it has learnt', () => {
    const baselines = baselinesOf(baseline)
    isTold(baselines, { user: 'alice', verb: 'get', atS: 0 })
    expect(baselines.learnt('a')).toEqual([
      {
        cluster: 'test',
        key: ['alice'],
        since: '2026-01-01T00:00:00.000000Z',
        tellsFrom: '2026-01-03T00:00:00.000000Z',
        stillNeeded: 2,
        values: [{ value: 'get', lastUsedUntil: '2026-01-02T00:00:00.000000Z' }],
      },
    ])
    expect(baselines.learnt('b')).toEqual([])
  })

  it('is what a list of all that was done says, restarts or not', () => {
    const did = fc.record({
      user: fc.constantFrom('alice', 'bob', '__proto__'),
      verb: fc.constantFrom('get', 'list', 'create', '__proto__', 'constructor'),
      atS: fc.integer({ min: 0, max: 60 }).map((n) => n * day),
    })
    const stream = fc
      .array(did, { maxLength: 60 })
      .map((all) => all.toSorted((a, b) => a.atS - b.atS))
    fc.assert(
      fc.property(stream, fc.nat({ max: 60 }), (all, restartAt) => {
        let baselines = baselinesOf(baseline)
        const told = all.map((one, i) => {
          if (i === restartAt) baselines = restarted(baseline, baselines)
          return isTold(baselines, one)
        })
        const naive = all.map(({ user, verb, atS }, i) => {
          const own = all.slice(0, i).filter((one) => one.user === user)
          const isTrained = own.length >= 3 && atS - own[0]!.atS >= 2 * day
          return isTrained && !own.some((one) => one.verb === verb && atS - one.atS <= 16 * day)
        })
        expect(told).toEqual(naive)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps within its room: the actors that were silent longest go', () => {
    const baselines = baselinesOf({ ...baseline, maxKeys: 10 })
    for (let i = 0; i < 100; i++)
      isTold(baselines, { user: `user-${i}`, verb: 'get', atS: i * day })
    const kept = baselines.learnt('a').map(({ key }) => key[0])
    expect(kept).toEqual(Array.from({ length: 10 }, (_, i) => `user-${90 + i}`))
  })

  it('keeps within its bytes, whatever is in the values, and says what it gave up', () => {
    const maxBytes = 20_000
    const baselines = baselinesOf({ ...baseline, maxBytes })
    for (let i = 0; i < 2000; i++) {
      const verb = 'v'.repeat(i % 500) + i
      isTold(baselines, { user: `user-${i % 50}`, verb, atS: i * 60 })
      const [counts] = baselines.takeCounts()
      expect(counts?.bytes).toBeLessThanOrEqual(maxBytes)
      expect(counts?.keys).toBe(baselines.learnt('a').length)
    }
    const saved = baselines.takeChanges().filter(({ value }) => value !== undefined)
    const savedBytes = saved.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0)
    expect(savedBytes).toBeLessThan(maxBytes)
    for (let i = 0; i < 50; i++)
      isTold(baselines, { user: `other-${i}`, verb: 'get', atS: 2e5 + i })
    const [{ evictedKeys = 0 } = {}] = baselines.takeCounts()
    expect(evictedKeys).toBeGreaterThan(0)
  })

  it('keeps 1,024 values of an actor, and says how many went', () => {
    const baselines = baselinesOf({ ...baseline, maxBytes: 1 << 30 })
    for (let i = 0; i < 1100; i++)
      isTold(baselines, { user: 'alice', verb: `verb-${i}`, atS: i * day })
    expect(baselines.learnt('a')[0]?.values?.length).toBeLessThanOrEqual(1024)
    const [counts] = baselines.takeCounts()
    expect(counts?.evictedValues).toBe(1100 - (baselines.learnt('a')[0]?.values?.length ?? 0))
  })
})

describe('rare', () => {
  const baseline = { kind: 'rare', of: ['verb'], learning: '1d', atMost: 1, least: 5 }

  it('tells what at most so many of enough actors do', () => {
    const baselines = baselinesOf(baseline)
    for (let i = 0; i < 6; i++)
      expect(isTold(baselines, { user: `user-${i}`, verb: 'get', atS: i })).toBe(false)
    expect(isTold(baselines, { user: 'user-1', verb: 'get', atS: day + 1 })).toBe(false)
    expect(isTold(baselines, { user: 'user-1', verb: 'escalate', atS: day + 2 })).toBe(true)
    expect(isTold(baselines, { user: 'user-2', verb: 'escalate', atS: day + 3 })).toBe(false)
  })
})

describe('rateDeviation', () => {
  const baseline = { kind: 'rateDeviation', every: '1h', factor: 3, least: 5, history: 4 }

  it('tells what goes beyond the usual of a period, and learns no more of it than the limit', () => {
    const baselines = baselinesOf(baseline)
    const hour = (number: number, count: number) =>
      Array.from({ length: count }, (_, i) =>
        isTold(baselines, { user: 'alice', verb: 'get', atS: number * 3600 + i }),
      ).filter(Boolean).length
    expect([0, 1, 2, 3, 4].map((number) => hour(number, 4))).toEqual([0, 0, 0, 0, 0])
    expect(hour(5, 40)).toBe(35)
    expect(hour(6, 12)).toBe(7)
    expect(hour(7, 4)).toBe(0)
  })
})

it('the bytes of a baseline are the same after a restart', () => {
  const did = fc.record({
    user: fc.constantFrom('alice', 'bob', 'carol', 'dan', 'a'.repeat(300)),
    verb: fc.string({ maxLength: 400 }),
    atS: fc.integer({ min: 0, max: 60 }).map((n) => n * day),
  })
  const settings = fc.constantFrom(
    { kind: 'firstSeen', of: ['verb'], maxKeys: 3, maxBytes: 2000 },
    { kind: 'rare', of: ['verb'], among: ['verb'], maxKeys: 5, maxBytes: 1000 },
    { kind: 'rare', of: ['verb'], maxBytes: 3000 },
    { kind: 'rateDeviation', maxBytes: 400 },
  )
  fc.assert(
    fc.property(settings, fc.array(did, { maxLength: 60 }), (baseline, all) => {
      const baselines = baselinesOf(baseline)
      for (const one of all) isTold(baselines, one)
      const [before] = baselines.takeCounts()
      const [after] = restarted(baseline, baselines).takeCounts()
      expect([after?.keys, after?.bytes]).toEqual([before?.keys, before?.bytes])
    }),
    { numRuns: 300 },
  )
})

describe('the settings of a baseline', () => {
  it('are refused with all that is wrong', () => {
    const baseline = { kind: 'rare', atMost: 0, learning: 'long', colour: 'red' }
    expect(readBaseline({ custom: { baseline } })).toEqual({
      settings: undefined,
      problems: [
        '`kubewitness.baseline.colour` has no meaning for `rare`; known are kind, by, maxKeys, maxBytes, of, among, learning, forget, atMost, least',
        '`kubewitness.baseline.learning` has to be a span of time such as 7d',
        '`kubewitness.baseline.of` has to be a field, or a list of fields',
        '`kubewitness.baseline.atMost` has to be a whole number from 1 to 100',
      ],
    })
    expect(readBaseline({ custom: { baseline: 'firstSeen' } }).problems).toEqual([
      '`kubewitness.baseline` has to be a map',
    ])
  })

  it('are part of what is remembered: others begin anew', () => {
    const before = baselinesOf({ kind: 'firstSeen', of: ['verb'] })
    isTold(before, { user: 'alice', verb: 'get', atS: 0 })
    const after = restarted({ kind: 'firstSeen', of: ['verb'], history: 5 }, before)
    expect(after.learnt('a')).toEqual([])
    expect(after.takeChanges().map(({ value }) => value)).toEqual([undefined])
  })

  it('change nothing for a rule without a baseline', () => {
    expect(createBaselines([eventRule('a')], [])).toBeUndefined()
  })
})
