import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../src/contracts.ts'
import { KeptByHash, sortedByKey } from '../../src/rbac/observe/kept-by-hash.ts'
import { Observation } from '../../src/rbac/observe/observation.ts'
import { auditEvent } from '../rbac/observe/events.ts'

/** Few users and kinds, and more names and namespaces than are told apart. */
const events = fc.array(
  fc
    .record({
      user: fc.constantFrom('alice', 'bob'),
      impersonated: fc.option(fc.record({ username: fc.constantFrom('bob', 'carol') }), {
        nil: undefined,
        freq: 8,
      }),
      verb: fc.constantFrom('get', 'watch', 'delete'),
      namespace: fc.integer({ min: 0, max: 400 }).map((n) => (n > 300 ? 'one' : `ns${n}`)),
      name: fc.oneof(
        {
          weight: 3,
          arbitrary: fc.integer({ min: 0, max: 150 }).map((n) => (n > 120 ? '' : `n${n}`)),
        },
        { weight: 1, arbitrary: fc.constant('one') },
      ),
      code: fc.constantFrom(200, 404, 403, 429),
      stage: fc.constantFrom('RequestReceived', 'ResponseStarted', 'ResponseComplete'),
      second: fc.integer({ min: 0, max: 3599 }),
    })
    .map(({ impersonated, ...said }) =>
      auditEvent(
        // One verb on one name only, in many namespaces.
        {
          ...said,
          ...(said.verb === 'delete' && { name: 'one' }),
          ...(impersonated && { impersonated }),
        },
        said.second % 7 === 0 ? 'other' : 'default',
      ),
    ),
  { maxLength: 900, size: 'max' },
)

function observationOf(part: readonly AuditEvent[]): Observation {
  const observation = new Observation()
  for (const event of part) observation.add(event)
  return observation
}

describe('an observation', () => {
  it('is the same in any order', () => {
    fc.assert(
      fc.property(events, (all) => {
        const backwards = observationOf(all.toReversed())
        expect(backwards.toValue()).toEqual(observationOf(all).toValue())
      }),
      { numRuns: 40 },
    )
  })

  it('of parts, merged in any order, is that of the whole', () => {
    fc.assert(
      fc.property(
        events,
        fc.array(fc.nat(3), { minLength: 900, maxLength: 900 }),
        (all, places) => {
          const parts = [0, 1, 2, 3].map((part) =>
            observationOf(all.filter((_, at) => places[at] === part)),
          )
          const merged = new Observation()
          for (const part of parts) merged.merge(part)
          const other = new Observation()
          for (const part of parts.toReversed())
            other.merge(Observation.fromValue(JSON.parse(JSON.stringify(part.toValue()))))
          const whole = observationOf(all).toValue()
          expect(merged.toValue()).toEqual(whole)
          expect(other.toValue()).toEqual(whole)
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('what is kept by hash', () => {
  const additions = fc.array(fc.tuple(fc.nat(300).map(String), fc.integer({ min: 1, max: 5 })), {
    maxLength: 600,
    size: 'max',
  })

  class Heavy {
    weight = 0
  }

  function keptOf(
    part: readonly (readonly [string, number])[],
  ): KeptByHash<Heavy & { key?: string }> {
    const kept = new KeptByHash<Heavy & { key?: string }>(50)
    for (const [key, weight] of part) {
      const value = kept.getOrAdd(key, () => Object.assign(new Heavy(), { key }))
      if (value === undefined || value.weight >= weight) continue
      const by = weight - value.weight
      value.weight = weight
      kept.grown(by)
    }
    return kept
  }

  it('depends on the set alone, and is within the limit', () => {
    fc.assert(
      fc.property(additions, (all) => {
        const entries = sortedByKey(keptOf(all).entries(), ({ key = '' }) => key)
        const others = keptOf(all.toReversed()).entries()
        expect(sortedByKey(others, ({ key = '' }) => key)).toEqual(entries)
        expect(entries.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(50)
      }),
    )
  })
})
