import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CorrelationRule, StateRecord } from '../../src/contracts.ts'
import type { CorrelationMatch, Correlator } from '../../src/detect/correlate/correlator.ts'
import { createCorrelator } from '../../src/detect/correlate/create.ts'
import type { RuleMatch } from '../../src/detect/match.ts'
import { type ArrivedMatch, naiveCorrelations } from '../support/correlation/naive.ts'
import { naiveBounded } from '../support/correlation/naive-evictions.ts'
import { ruleSetWith } from '../support/correlation/sequence.ts'
import {
  type Arrival,
  correlations,
  correlationsOfFewBytes,
  correlationsOfFewKeys,
  streams,
  withLongKeys,
} from '../support/correlation/streams.ts'

interface Arrived extends Arrival {
  readonly matches: readonly RuleMatch[]
}

function matched(
  documents: readonly string[],
  stream: readonly Arrival[],
): {
  readonly rules: readonly CorrelationRule[]
  readonly arrived: readonly Arrived[]
} {
  const ruleSet = ruleSetWith(...documents)
  const arrived = stream.map((each) => ({ ...each, matches: ruleSet.matchEvent(each.event) }))
  return { rules: ruleSet.correlations, arrived }
}

/** What the yardstick finds; `frontiers` are how far the cluster was when each event came. */
function expected(
  rules: readonly CorrelationRule[],
  arrived: readonly Arrived[],
  frontiers: readonly number[],
): string[] {
  const matches = arrived.flatMap(({ matches: own }, place): ArrivedMatch[] =>
    own.map((match) => ({ ...match, frontierUs: frontiers[place]! })),
  )
  return naiveCorrelations(rules, matches)
    .map(({ rule, cluster, group, event }) => line(rule, cluster, group, event.id))
    .toSorted()
}

function line(rule: string, cluster: string, group: object, eventId: string): string {
  return `${rule} ${cluster} ${JSON.stringify(group)} ${eventId}`
}

/** How far a cluster is before each arrival: as far as all its senders; one is nowhere before it has shown two times. */
function frontiersOf(arrived: readonly Arrived[]): number[] {
  const timesBySender = new Map<string, Set<number>>()
  const reached = new Map<string, number>()
  return arrived.map(({ event: { cluster, timeUs }, sender }) => {
    const before = reached.get(cluster) ?? Number.NEGATIVE_INFINITY
    const key = `${cluster} ${sender}`
    timesBySender.set(key, (timesBySender.get(key) ?? new Set<number>()).add(timeUs))
    const senders = [...timesBySender].filter(([name]) => name.startsWith(`${cluster} `))
    const least = Math.min(
      ...senders.map(([, times]) =>
        times.size > 1 ? Math.max(...times) : Number.NEGATIVE_INFINITY,
      ),
    )
    reached.set(cluster, Math.max(before, least))
    return before
  })
}

/** What the engine tells; after the arrivals of `restarts` it is made anew from what it has saved. */
function told(
  rules: readonly CorrelationRule[],
  arrived: readonly Arrived[],
  restarts: ReadonlySet<number> = new Set(),
): string[] {
  const records = new Map<string, StateRecord>()
  const open = (): Correlator => createCorrelator(rules, { tells: 'settled' })
  let correlator = open()
  const found: CorrelationMatch[] = []
  for (const [place, { event, sender, matches }] of arrived.entries()) {
    found.push(...correlator.accept(matches, sender))
    found.push(...correlator.advance(event.cluster, sender, event.timeUs, 2_000_000_000_000))
    if (!restarts.has(place)) continue
    for (const { key, value } of correlator.takeChanges()) {
      if (value === undefined) records.delete(key)
      else records.set(key, { key, value: Uint8Array.from(value) })
    }
    correlator = open()
    correlator.restore([...records.values()].toReversed())
  }
  found.push(...correlator.close())
  return found
    .map(({ rule, cluster, group, event }) => line(rule.id, cluster, group, event.id))
    .toSorted()
}

const unbounded = (arrived: readonly Arrived[]): number[] =>
  arrived.map(() => Number.NEGATIVE_INFINITY)

describe('correlations of any type, over each other, in several clusters', () => {
  it('match what the plain evaluator does, in any order within the lateness', () => {
    fc.assert(
      fc.property(correlations, streams(9), (documents, stream) => {
        const { rules, arrived } = matched(documents, stream)
        expect(told(rules, arrived)).toEqual(expected(rules, arrived, unbounded(arrived)))
      }),
      { numRuns: 150 },
    )
  })

  it('S120 leave out what comes later than that, and nothing else', () => {
    fc.assert(
      fc.property(correlations, streams(40), (documents, stream) => {
        const { rules, arrived } = matched(documents, stream)
        expect(told(rules, arrived)).toEqual(expected(rules, arrived, frontiersOf(arrived)))
      }),
      { numRuns: 150 },
    )
  })

  it('S123 are the same after restarts at any moment', () => {
    const restarts = fc.array(fc.nat(60), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(correlations, streams(9), restarts, (documents, stream, places) => {
        const { rules, arrived } = matched(documents, stream)
        const found = told(rules, arrived, new Set(places))
        expect(found).toEqual(expected(rules, arrived, unbounded(arrived)))
      }),
      { numRuns: 150 },
    )
  })

  it.each([
    ['groups', 300, correlationsOfFewKeys, (stream: readonly Arrival[]) => stream],
    ['bytes', 150, correlationsOfFewBytes, withLongKeys],
  ])(
    'S124 with room for few %s give up what the plain evaluator does, also after restarts',
    (_what, numRuns, bounded, made) => {
      const restarts = fc.array(fc.nat(60), { maxLength: 3 })
      let given = 0
      fc.assert(
        fc.property(bounded, streams(9), restarts, (documents, stream, places) => {
          const inOne = made(stream).filter(({ event }) => event.cluster === 'one')
          const { rules, arrived } = matched(documents, inOne)
          const frontiers = frontiersOf(arrived)
          const steps = arrived.map(({ matches }, i) => ({ matches, frontierUs: frontiers[i]! }))
          const plain = naiveBounded(rules[0]!, steps)
            .map(({ rule, cluster, group, event }) => line(rule, cluster, group, event.id))
            .toSorted()
          expect(told(rules, arrived, new Set(places))).toEqual(plain)
          if (plain.length !== expected(rules, arrived, unbounded(arrived)).length) given += 1
        }),
        { numRuns },
      )
      // Otherwise nothing that matters was given up.
      expect(given).toBeGreaterThan(20)
    },
  )
})
