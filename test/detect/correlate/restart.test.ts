import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CorrelationRule } from '../../../src/contracts.ts'
import type { CorrelationMatch, Correlator } from '../../../src/detect/correlate/correlator.ts'
import { type CorrelatorOptions, createCorrelator } from '../../../src/detect/correlate/create.ts'
import { chains, type Fed, rules, streams } from './generated.ts'
import { correlation, event, feed, threshold } from './setup.ts'

/** What a store would hold. */
type Store = Map<string, Uint8Array>

function save(correlator: Correlator, store: Store): void {
  for (const { key, value } of correlator.takeChanges()) {
    if (value === undefined) store.delete(key)
    else store.set(key, value)
  }
}

function restored(
  all: readonly CorrelationRule[],
  store: Store,
  options: CorrelatorOptions,
): Correlator {
  const correlator = createCorrelator(all, options)
  correlator.restore([...store].map(([key, value]) => ({ key, value })))
  return correlator
}

/** A match, whole: what is read later would be of another moment. */
function whole(match: CorrelationMatch) {
  const { rule, event, events, count, ...rest } = match
  return { rule: rule.id, event, events: [...events], count, ...rest }
}

function run(
  all: readonly CorrelationRule[],
  fed: readonly Fed[],
  options: CorrelatorOptions,
  restartsAt: ReadonlySet<number>,
) {
  const store: Store = new Map()
  let correlator = createCorrelator(all, options)
  const matches = fed.flatMap(({ event: one, rules: matched }, i) => {
    const found = feed(correlator, [[one, ...matched]]).map(whole)
    if (i % 3 === 0) save(correlator, store)
    if (restartsAt.has(i)) {
      save(correlator, store)
      correlator = restored(all, store, options)
    }
    return found
  })
  return [...matches, ...correlator.close().map(whole)]
}

describe('a restart', () => {
  it('changes nothing, wherever it falls, also when groups are given up', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          rules.map((one) => [one]),
          chains,
        ),
        streams,
        fc.uniqueArray(fc.nat({ max: 60 }), { maxLength: 8 }),
        fc.constantFrom(1, 2, 3, 100),
        (all, fed, restarts, maxKeys) => {
          const options = { settings: { maxKeys } }
          expect(run(all, fed, options, new Set(restarts))).toEqual(
            run(all, fed, options, new Set()),
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  it('keeps groups of many entries, and what is written follows what has changed', () => {
    const one = correlation('event_count', threshold({ gte: 2500 }), { timespanS: 600 })
    const store: Store = new Map()
    const correlator = createCorrelator([one])
    const sizes: number[] = []
    for (let i = 0; i < 2490; i++) {
      feed(correlator, [[event({ atS: i / 10 }), 'a']])
      if (i % 10 !== 0) continue
      const changes = correlator.takeChanges()
      sizes.push(changes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0))
      for (const { key, value } of changes) store.set(key, value!)
    }
    save(correlator, store)
    const after = restored([one], store, {})
    const later = Array.from({ length: 20 }, (_, i) => [event({ atS: 250 + i }), 'a'] as const)
    expect(feed(after, later).map(({ count }) => count)).toEqual(
      Array.from({ length: 11 }, (_, i) => 2500 + i),
    )
    expect(Math.max(...sizes)).toBeLessThan(80 * 100)
  })

  it('forgets what was remembered under another meaning, and keeps it when only texts differ', () => {
    const one = correlation('event_count', threshold({ gte: 3 }))
    const store: Store = new Map()
    const before = createCorrelator([one])
    feed(before, [
      [event({ atS: 0 }), 'a'],
      [event({ atS: 1 }), 'a'],
    ])
    save(before, store)
    const next = event({ atS: 2 })
    const otherText = { ...one, title: 'another title' }
    expect(feed(restored([otherText], store, {}), [[next, 'a']])).toHaveLength(1)
    const otherMeaning = correlation('event_count', threshold({ gte: 3 }), { timespanS: 50 })
    const after = restored([otherMeaning], store, {})
    expect(feed(after, [[next, 'a']])).toEqual([])
    save(after, store)
    const groups = [...store.keys()].filter((key) => key.startsWith('correlation/group/'))
    expect(groups).toHaveLength(1)
  })

  it('drops records that cannot be read', () => {
    const correlator = createCorrelator([correlation('event_count', threshold({ gte: 3 }))])
    const keys = ['cluster/x', 'rule/x', 'group/x/y', 'group/x/y/1', 'else'].map(
      (path) => `correlation/${path}`,
    )
    correlator.restore(keys.map((key) => ({ key, value: Buffer.from('{') })))
    expect(
      correlator
        .takeChanges()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(keys.toSorted())
    expect(correlator.takeChanges()).toEqual([])
  })
})
