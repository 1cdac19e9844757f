import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../../src/audit/event.ts'
import type { CorrelationRule } from '../../../src/contracts.ts'
import type { CorrelationMatch } from '../../../src/detect/correlate/correlator.ts'
import { createCorrelator } from '../../../src/detect/correlate/create.ts'
import { naiveCorrelations } from '../../support/correlation/naive.ts'
import { chains, type Fed, rules, streams } from './generated.ts'
import { feed, matchesOf } from './setup.ts'

function found(matches: readonly CorrelationMatch[]): string[] {
  return matches
    .map(({ rule: { id }, cluster, group, event: { id: eventId } }) => {
      return `${id} ${JSON.stringify([cluster, ...Object.values(group)])} ${eventId}`
    })
    .sort()
}

/** What the yardstick finds, in the same words. */
function expected(all: readonly CorrelationRule[], fed: readonly Fed[]): string[] {
  const matches = fed.flatMap(({ event: e, rules: matched }) => matchesOf(e, ...matched))
  return naiveCorrelations(all, matches)
    .map(({ rule: id, cluster, group, event: { id: eventId } }) => {
      return `${id} ${JSON.stringify([cluster, ...Object.values(group)])} ${eventId}`
    })
    .sort()
}

function told(
  all: readonly CorrelationRule[],
  fed: readonly Fed[],
  options: Parameters<typeof createCorrelator>[1] = {},
): string[] {
  const correlator = createCorrelator(all, options)
  const matches = feed(
    correlator,
    fed.map(({ event: e, rules: matched }) => [e, ...matched] as const),
  )
  return found([...matches, ...correlator.close()])
}

/** The stream with a request for each event. */
function withoutStages(fed: readonly Fed[]): readonly Fed[] {
  const byId = new Map<string, Fed>()
  return fed.map(({ event: { id, raw }, rules: matched }, number) => {
    const known = byId.get(id)
    if (known !== undefined) return known
    const { cluster, receivedAtMs } = fed[number]!.event
    const request = { ...raw, auditID: `request of ${number}` }
    const own: Fed = { event: toAuditEvent(request, { cluster, receivedAtMs }), rules: matched }
    byId.set(id, own)
    return own
  })
}

describe('correlations, against every window computed anew', () => {
  it('find the same matches in any order within lateness, each of them once', () => {
    fc.assert(
      fc.property(rules, streams, (one, fed) => {
        expect(told([one], fed, { tells: 'settled' })).toEqual(expected([one], fed))
      }),
      { numRuns: 600 },
    )
  })

  it('find the same matches of correlations over correlations', () => {
    fc.assert(
      fc.property(chains, streams, (all, fed) => {
        expect(told(all, fed, { tells: 'settled' })).toEqual(expected(all, fed))
      }),
      { numRuns: 300 },
    )
  })

  it('tell at once no other matches, if no stage of a request comes before an earlier one', () => {
    fc.assert(
      fc.property(rules, streams.map(withoutStages), (one, fed) => {
        expect(told([one], fed)).toEqual(expected([one], fed))
      }),
      { numRuns: 400 },
    )
  })

  it('tell at once all matches in any case', () => {
    fc.assert(
      fc.property(rules, streams, (one, fed) => {
        const all = told([one], fed)
        expect(all).toEqual(expect.arrayContaining(expected([one], fed)))
        expect(new Set(all).size).toBe(all.length)
      }),
      { numRuns: 200 },
    )
  })
})
