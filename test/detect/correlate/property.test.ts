import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../../src/audit/event.ts'
import type {
  AuditEvent,
  CorrelationCondition,
  CorrelationRule,
  RuleExpr,
} from '../../../src/contracts.ts'
import type { CorrelationMatch } from '../../../src/detect/correlate/correlator.ts'
import { createCorrelator } from '../../../src/detect/correlate/create.ts'
import { naiveCorrelations } from '../../support/correlation/naive.ts'
import { correlation, event, feed, matchesOf, threshold } from './setup.ts'

/** An event and the rules that it matched. */
interface Fed {
  readonly event: AuditEvent
  readonly rules: readonly string[]
}

const refs = ['a', 'b', 'c']
const rule = (id: string): RuleExpr => ({ kind: 'rule', rule: id })

const expressions = fc.letrec<{ tree: RuleExpr }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...refs).map(rule),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      items: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
    tie('tree').map((item): RuleExpr => ({ kind: 'not', item })),
  ),
})).tree

const operators = fc.constantFrom('gt', 'gte', 'lt', 'lte', 'eq', 'neq')
const tests = fc.oneof(
  fc.tuple(fc.constantFrom('gt', 'gte'), fc.integer({ min: 0, max: 5 })).map((one) => [one]),
  fc.array(fc.tuple(operators, fc.integer({ min: 0, max: 5 })), { minLength: 1, maxLength: 2 }),
)

const conditions: fc.Arbitrary<[CorrelationRule['correlation']['type'], CorrelationCondition]> =
  fc.oneof(
    tests.map((pairs) => ['event_count', threshold(Object.fromEntries(pairs))] as const),
    tests.map((pairs) => ['value_count', threshold(Object.fromEntries(pairs), 'v')] as const),
    fc
      .tuple(
        fc.constantFrom(
          'value_sum' as const,
          'value_avg' as const,
          'value_median' as const,
          'value_percentile' as const,
        ),
        tests,
        fc.integer({ min: 0, max: 100 }),
      )
      .map(
        ([type, pairs, percentile]) =>
          [type, { ...threshold(Object.fromEntries(pairs), 'n'), percentile }] as const,
      ),
    fc
      .tuple(fc.constantFrom('temporal' as const, 'temporal_ordered' as const), expressions)
      .map(([type, expression]) => [type, { kind: 'rules', expression }] as const),
  ) as fc.Arbitrary<[CorrelationRule['correlation']['type'], CorrelationCondition]>

const rules = fc
  .tuple(
    conditions,
    fc.uniqueArray(fc.constantFrom('user.username', 'groups'), { maxLength: 2 }),
    fc.constantFrom(1, 5, 20),
    fc.constantFrom('requests', 'events'),
    fc.shuffledSubarray([...refs, 'a'], { minLength: 4 }),
  )
  .map(([[type, condition], groupBy, timespanS, count, order]) =>
    correlation(type, condition, {
      rules: order,
      groupBy,
      timespanS,
      custom: { count, lateness: '10s' },
    }),
  )

const texts = fc.constantFrom('x', 'y', 'z')
const events = fc
  .record({
    atS: fc.oneof(
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 240 }).map((n) => n / 4),
    ),
    user: fc.constantFrom('alice', 'bob'),
    auditID: fc.integer({ min: 0, max: 40 }).map((n) => `request ${n}`),
    stage: fc.constantFrom('ResponseStarted', 'ResponseComplete'),
    more: fc.record(
      {
        v: fc.oneof(texts, fc.array(texts, { maxLength: 2 }), fc.constant(null)),
        n: fc.oneof(fc.integer({ min: -3, max: 5 }), fc.constant('2.5')),
        groups: fc.array(texts, { minLength: 1, maxLength: 2 }),
      },
      { requiredKeys: ['groups'] },
    ),
    matched: fc.subarray(refs, { minLength: 1 }),
  })
  .map(({ matched, ...made }): Fed => ({ event: event(made), rules: matched }))

/** In an order in which nothing comes later than ten seconds; some come twice. */
const streams = fc
  .array(fc.tuple(events, fc.integer({ min: 0, max: 9 }), fc.boolean()), { maxLength: 60 })
  .map((list) =>
    list
      .flatMap(([fed, delayS, isTwice]) =>
        (isTwice ? [delayS, 9 - delayS] : [delayS]).map((delay) => ({
          fed,
          arrivesUs: fed.event.timeUs + delay * 1_000_000,
        })),
      )
      .sort((a, b) => a.arrivesUs - b.arrivesUs)
      .map(({ fed }) => fed),
  )

function found(matches: readonly CorrelationMatch[]): string[] {
  return matches
    .map(({ rule: { id }, cluster, group, event: { id: eventId } }) => {
      return `${id} ${JSON.stringify([cluster, ...Object.values(group)])} ${eventId}`
    })
    .sort()
}

/** What the yardstick finds, in the same words. */
function expected(one: CorrelationRule, fed: readonly Fed[]): string[] {
  const matches = fed.flatMap(({ event: e, rules: matched }) => matchesOf(e, ...matched))
  return naiveCorrelations([one], matches)
    .map(({ rule: id, cluster, group, event: { id: eventId } }) => {
      return `${id} ${JSON.stringify([cluster, ...Object.values(group)])} ${eventId}`
    })
    .sort()
}

function told(
  one: CorrelationRule,
  fed: readonly Fed[],
  options: Parameters<typeof createCorrelator>[1] = {},
): string[] {
  const correlator = createCorrelator([one], options)
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
        expect(told(one, fed, { tells: 'settled' })).toEqual(expected(one, fed))
      }),
      { numRuns: 600 },
    )
  })

  it('tell at once no other matches, if no stage of a request comes before an earlier one', () => {
    fc.assert(
      fc.property(rules, streams.map(withoutStages), (one, fed) => {
        expect(told(one, fed)).toEqual(expected(one, fed))
      }),
      { numRuns: 400 },
    )
  })

  it('tell at once all matches in any case', () => {
    fc.assert(
      fc.property(rules, streams, (one, fed) => {
        const all = told(one, fed)
        expect(all).toEqual(expect.arrayContaining(expected(one, fed)))
        expect(new Set(all).size).toBe(all.length)
      }),
      { numRuns: 200 },
    )
  })
})
