import fc from 'fast-check'
import type {
  AuditEvent,
  CorrelationCondition,
  CorrelationRule,
  RuleExpr,
} from '../../../src/contracts.ts'
import { correlation, event, threshold } from './setup.ts'

/** An event and the rules that it matched. */
export interface Fed {
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

export const rules = fc
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
export const streams = fc
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

/** A correlation, and one over it. */
export const chains = fc
  .tuple(
    rules,
    fc.oneof(
      tests.map((pairs) => ['event_count', threshold(Object.fromEntries(pairs))] as const),
      tests.map((pairs) => ['value_count', threshold(Object.fromEntries(pairs), 'v')] as const),
      fc.constantFrom('temporal' as const, 'temporal_ordered' as const).map(
        (type) =>
          [
            type,
            {
              kind: 'rules',
              expression: { kind: 'and', items: [rule('correlation'), rule('a')] },
            },
          ] as const,
      ),
    ),
    fc.constantFrom('user.username', 'groups'),
    fc.constantFrom(2, 10, 30),
  )
  .map(([inner, [type, condition], groupBy, timespanS]) => [
    inner,
    correlation(type, condition, {
      id: 'outer',
      rules: type.startsWith('temporal') ? ['correlation', 'a'] : ['correlation'],
      groupBy: [groupBy],
      timespanS,
    }),
  ])
