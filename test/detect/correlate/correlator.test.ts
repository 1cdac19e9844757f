import { describe, expect, it } from 'vitest'
import type { CorrelationRule, RuleExpr } from '../../../src/contracts.ts'
import { createCorrelator } from '../../../src/detect/correlate/create.ts'
import { correlation, event, feed, matchesOf, secondsOf, startUs, threshold } from './setup.ts'

const seen = (id: string): RuleExpr => ({ kind: 'rule', rule: id })
const not = (item: RuleExpr): RuleExpr => ({ kind: 'not', item })
const all = (...items: RuleExpr[]): RuleExpr => ({ kind: 'and', items })

/** Events at these seconds, each with the rules that it matched. */
function run(
  rule: CorrelationRule,
  ...at: readonly (readonly [atS: number, ...rules: string[]])[]
) {
  const correlator = createCorrelator([rule])
  const events = at.map(([atS, ...rules]) => [event({ atS }), ...rules] as const)
  const early = feed(correlator, events)
  return { early: secondsOf(early), late: secondsOf(correlator.close()) }
}

describe('windows', () => {
  it('end with an event, and do not hold what is a whole timespan older', () => {
    const three = correlation('event_count', threshold({ gte: 3 }))
    expect(run(three, [0, 'a'], [10, 'a'], [59.999999, 'a'], [70, 'a'])).toEqual({
      early: [59.999999],
      late: [],
    })
  })

  it('are completed by what comes late, and told at their own end', () => {
    const three = correlation('event_count', threshold({ gte: 3 }))
    expect(run(three, [0, 'a'], [20, 'a'], [30, 'b'], [10, 'a']).early).toEqual([20])
  })

  it('name their events, the completing one last, and count all of them', () => {
    const rule = correlation('event_count', threshold({ gte: 60 }))
    const correlator = createCorrelator([rule])
    const events = Array.from({ length: 60 }, (_, i) => event({ atS: i / 2 }))
    const [match, ...others] = events.flatMap((one) => correlator.accept(matchesOf(one, 'a'), 's'))
    expect(others).toEqual([])
    const { event: completing, events: named, count } = match!
    expect({ ...match, event: completing, events: named, count }).toEqual({
      rule,
      cluster: 'test',
      group: { 'user.username': 'alice' },
      event: {
        id: events[59]!.id,
        auditID: events[59]!.raw['auditID'],
        stage: 'ResponseComplete',
        timeUs: startUs + 29_500_000,
      },
      events: events.slice(10).map(({ id, raw, stage, timeUs }) => ({
        id,
        auditID: raw['auditID'],
        stage,
        timeUs,
      })),
      count: 60,
      value: 60,
      isCut: false,
    })
  })

  it('count a request once, or each of its events where the rule says so', () => {
    const stages = ['ResponseStarted', 'ResponseComplete']
    const events = ['one', 'two'].flatMap((auditID, i) =>
      stages.map((stage) => [event({ atS: i, auditID, stage }), 'a'] as const),
    )
    const found = (count: string) =>
      feed(
        createCorrelator([
          correlation('event_count', threshold({ gte: 3 }), { custom: { count } }),
        ]),
        [...events, ...events],
      ).length
    expect([found('requests'), found('events')]).toEqual([0, 2])
  })

  it('never span clusters', () => {
    const correlator = createCorrelator([
      correlation('event_count', threshold({ gte: 2 }), { groupBy: [] }),
    ])
    const events = ['east', 'west'].map((cluster) => [event({ atS: 1, cluster }), 'a'] as const)
    expect(feed(correlator, events)).toEqual([])
  })
})

describe('fewer', () => {
  it('is told of what is alone, and neither of the head nor of the tail of a burst', () => {
    const few = correlation('event_count', threshold({ lt: 3 }))
    const burst = [100, 101, 102, 103].map((at) => [at, 'a'] as const)
    expect(run(few, [0, 'a'], ...burst, [300, 'a'])).toEqual({ early: [0], late: [300] })
  })
})

describe('not', () => {
  it('is told when the timespan behind the event has passed, and no event of the other rule came near', () => {
    const lone = correlation(
      'temporal',
      { kind: 'rules', expression: all(seen('a'), not(seen('b'))) },
      { rules: ['a', 'b'] },
    )
    expect(run(lone, [0, 'a'], [59, 'b'], [200, 'a'], [300, 'b'], [359, 'a'], [900, 'c'])).toEqual({
      early: [200],
      late: [],
    })
  })

  it('asks in `temporal_ordered` only what comes behind', () => {
    const unanswered = correlation(
      'temporal_ordered',
      { kind: 'rules', expression: all(seen('a'), not(seen('b'))) },
      { rules: ['a', 'b'] },
    )
    expect(run(unanswered, [0, 'a'], [59, 'b'], [60, 'a']).late).toEqual([60])
  })
})

describe('a sequence', () => {
  it('needs an event for each step', () => {
    const twice = correlation(
      'temporal_ordered',
      { kind: 'rules', expression: all(seen('a'), seen('b')) },
      { rules: ['a', 'b', 'a'] },
    )
    expect(run(twice, [0, 'a', 'b'], [1, 'a', 'b'], [2, 'a', 'b']).early).toEqual([2])
  })
})

describe('correlations over correlations', () => {
  it('count the matches of others, by fields of the group and of the event', () => {
    const inner = correlation('event_count', threshold({ gte: 2 }), { id: 'inner', timespanS: 10 })
    const outer = correlation('value_count', threshold({ gte: 2 }, 'user.username'), {
      id: 'outer',
      rules: ['inner'],
      groupBy: ['verb'],
      timespanS: 100,
    })
    const events = ['alice', 'bob'].flatMap((user, i) =>
      [0, 1].map((k) => [event({ atS: i * 50 + k, user, more: { verb: 'get' } }), 'a'] as const),
    )
    const matches = feed(createCorrelator([outer, inner]), events)
    expect(matches.map(({ rule, group }) => [rule.id, group])).toEqual([
      ['inner', { 'user.username': 'alice' }],
      ['inner', { 'user.username': 'bob' }],
      ['outer', { verb: 'get' }],
    ])
  })

  it('wait for those that are told late', () => {
    const inner = correlation('event_count', threshold({ eq: 1 }), { id: 'inner' })
    const outer = correlation('event_count', threshold({ eq: 2 }), {
      id: 'outer',
      rules: ['inner'],
      timespanS: 600,
      custom: { lateness: '1s' },
    })
    const correlator = createCorrelator([inner, outer])
    const matches = feed(correlator, [
      [event({ atS: 0 }), 'a'],
      [event({ atS: 300 }), 'a'],
      [event({ atS: 3000 }), 'b'],
      [event({ atS: 3001 }), 'b'],
    ])
    expect(matches.map(({ rule, event: { timeUs } }) => [rule.id, timeUs - startUs])).toEqual([
      ['inner', 0],
      ['inner', 300_000_000],
      ['outer', 300_000_000],
    ])
  })
})
