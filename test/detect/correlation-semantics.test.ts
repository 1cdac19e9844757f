import { describe, expect, it } from 'vitest'
import type { GroupValue } from '../../src/detect/correlate/correlator.ts'
import { createCorrelator } from '../../src/detect/correlate/create.ts'
import { naiveCorrelations } from '../support/correlation/naive.ts'
import {
  correlation,
  eventsOf,
  matchesIn,
  ruleSetWith,
  type SketchedEvent,
  sketch,
} from '../support/correlation/sequence.ts'

/**
 * The places of the events that complete the correlation `x`, with their group where it has one: as the yardstick finds
 * them, and as the engine does.
 */
function told(
  documents: string | readonly string[],
  sketched: string | readonly SketchedEvent[],
): string[] {
  const ruleSet = ruleSetWith(...(typeof documents === 'string' ? [documents] : documents))
  const events = eventsOf(typeof sketched === 'string' ? sketch(sketched) : sketched)
  const matches = matchesIn(ruleSet, events)
  const places = Map.groupBy(events.keys(), (place) => events[place]!.id)
  const x = ruleSet.correlations.find(({ name }) => name === 'x')?.id
  const text = (eventId: string, group: Readonly<Record<string, GroupValue>>): string =>
    [places.get(eventId)?.[0], ...Object.values(group).map((value) => JSON.stringify(value))].join(
      ' ',
    )
  const naive = naiveCorrelations(ruleSet.correlations, matches.flat())
    .filter(({ rule }) => rule === x)
    .map(({ event, group }) => text(event.id, group))
    .toSorted()
  const correlator = createCorrelator(ruleSet.correlations, { tells: 'settled' })
  const engine = events
    .flatMap((event, place) => [
      ...correlator.accept(matches[place]!, 'sender'),
      ...correlator.advance(event.cluster, 'sender', event.timeUs, event.timeUs / 1000),
    ])
    .concat(correlator.close())
    .filter(({ rule }) => rule.id === x)
    .map(({ event, group }) => text(event.id, group))
    .toSorted()
  expect(engine).toEqual(naive)
  return naive
}

const count = (condition: string, more = ''): string =>
  correlation(`type: event_count, rules: [a], timespan: 10s, condition: { ${condition} }${more}`)

describe('a correlation', () => {
  it('S105 matches every event at whose time the window that ends with it makes the condition true', () => {
    expect(told(count('gte: 3'), 'a1 a2 a3 a4 a20 a21 a22')).toEqual(['2', '3', '6'])
    expect(told(count('gt: 1, lte: 2'), 'a1 a2 a3 a4')).toEqual(['1'])
    expect(told(count('eq: 2'), 'a1 a2 a3 a12.5')).toEqual(['1', '3'])
  })

  it('S105 has windows that begin a timespan before, exclusively, to the microsecond', () => {
    expect(told(count('gte: 2'), 'a1 a11')).toEqual([])
    expect(told(count('gte: 2'), 'a1 a10.999999')).toEqual(['1'])
    expect(told(count('gte: 2'), 'a1.000001 a11')).toEqual(['1'])
  })

  it('S106 matches the same events in whatever order they arrive', () => {
    expect(told(count('gte: 3'), 'a9 a1 a4 a30')).toEqual(['0'])
    expect(told(count('gte: 2'), 'a4 a3 a2')).toEqual(['0', '1'])
  })

  it('S107 has events of equal time in each other’s windows', () => {
    expect(told(count('gte: 3'), 'a1 a1 a1')).toEqual(['0', '1', '2'])
    expect(told(count('eq: 2'), 'a1 a1 a1')).toEqual([])
  })

  it('S108 counts an event once, and a request once in a timespan, by its first event', () => {
    const stages = (...ats: readonly number[]): SketchedEvent[] =>
      ats.map((at) => ({ is: 'a', at, request: 'r', stage: `stage at ${at}` }))
    expect(told(count('gte: 2'), [...stages(1, 2), { is: 'a', at: 3 }, ...stages(4)])).toEqual([
      '2',
    ])
    expect(told(count('gte: 2'), [...stages(2), { is: 'a', at: 1 }, ...stages(2)])).toEqual(['0'])
    // The first stage is out of the window, and the second did not count.
    expect(told(count('gte: 2'), [...stages(1, 6), { is: 'a', at: 11 }])).toEqual([])
    expect(told(count('gte: 2'), [...stages(1, 11), { is: 'a', at: 12 }])).toEqual(['2'])
  })

  it.each([
    [['RequestReceived', 'ResponseStarted', 'ResponseComplete'], '0'],
    [['RequestReceived', 'ResponseComplete', 'ResponseStarted'], '0'],
    [['ResponseStarted', 'RequestReceived', 'ResponseComplete'], '1'],
    [['ResponseComplete', 'RequestReceived', 'ResponseStarted'], '1'],
    [['ResponseStarted', 'ResponseComplete', 'RequestReceived'], '2'],
    [['ResponseComplete', 'ResponseStarted', 'RequestReceived'], '2'],
  ])(
    'S108 of stages of equal time takes the first, in whatever order they come: %j',
    (order, first) => {
      const stages = order.map((stage) => ({ is: 'a', at: 1, request: 'r', stage }))
      expect(told(count('gte: 1'), stages)).toEqual([first])
    },
  )

  it('S108 counts every event where the rule says so', () => {
    const events = correlation(
      'type: event_count, rules: [a], timespan: 10s, condition: { gte: 2 }',
      'x',
      'kubewitness: { count: events }',
    )
    const stages = [1, 2].map((at) => ({ is: 'a', at, request: 'r', stage: `stage at ${at}` }))
    expect(told(events, stages)).toEqual(['1'])
    const [first] = stages
    expect(told(events, [first!, first!])).toEqual([])
  })

  it('S108 counts a request once for each rule of a temporal correlation', () => {
    const temporal = correlation('type: temporal, rules: [a, b], timespan: 10s')
    const stages = ['a', 'ab', 'b'].map((is, i) => ({ is, at: i + 1, request: 'r', stage: `${i}` }))
    expect(told(temporal, stages)).toEqual(['1'])
  })

  it('S109 counts an event that matches several of its rules once', () => {
    const rules = 'type: event_count, rules: [a, b], timespan: 10s, condition: { gte: 2 }'
    expect(told(correlation(rules), 'ab1')).toEqual([])
    expect(told(correlation(rules), 'ab1 b2')).toEqual(['1'])
  })

  const by = (groupBy: string): string => count('gte: 2', `, group-by: ${groupBy}`)
  const event = (at: number, keys: Readonly<Record<string, unknown>>): SketchedEvent => ({
    is: 'a',
    at,
    with: keys,
  })

  it('S110 has a group for each combination of values, which are equal if their JSON is', () => {
    const events = [
      event(1, { u: 'x', c: 403 }),
      event(2, { u: 'X', c: 403 }),
      event(3, { u: 'x', c: '403' }),
      event(4, { u: 'x', c: 403 }),
    ]
    expect(told(by('[u, c]'), events)).toEqual(['3 "x" 403'])
    expect(told(by('c'), events)).toEqual(['1 403', '3 403'])
    expect(told(by('u'), events)).toEqual(['2 "x"', '3 "x"'])
  })

  it('S110 leaves events out that lack a value, and has those with several in each of their groups', () => {
    const missing = [{}, { u: null }, { u: {} }, { u: [] }, {}].map((keys, at) => event(at, keys))
    expect(told(by('u'), missing)).toEqual([])
    const empty = [event(1, { u: '' }), event(2, { u: '' })]
    expect(told(by('u'), empty)).toEqual(['1 ""'])
    const several = [
      event(1, { u: ['x', 'y'] }),
      event(2, { u: ['y', 'z', 'z'] }),
      event(3, { u: 'z' }),
    ]
    expect(told(by('u'), several)).toEqual(['1 "y"', '2 "z"'])
  })

  it('S111 never mixes clusters, and is one group for each without `group-by`', () => {
    const events = ['one', 'two', 'one'].map((cluster, at) => ({ is: 'a', at, cluster }))
    expect(told(count('gte: 2'), events)).toEqual(['2'])
  })

  const values = (condition: string): string =>
    correlation(`type: value_count, rules: [a], timespan: 10s, condition: { ${condition} }`)

  it('S112 counts different values, those of arrays one by one, and of several fields every combination', () => {
    const events = ['x', 'y', 'x', ['y', 'z'], 1, '1'].map((v, at) => event(at, { v }))
    expect(told(values('gte: 2, field: v'), events)).toEqual(['1', '2', '3', '4', '5'])
    expect(told(values('gte: 3, field: v'), events)).toEqual(['3', '4', '5'])
    expect(told(values('gte: 5, field: v'), events)).toEqual(['5'])
    const pairs = [
      event(1, { v: 'x', w: 'x' }),
      event(2, { v: 'x', w: 'y' }),
      event(3, { v: ['x', 'y'], w: ['x', 'y'] }),
    ]
    expect(told(values('gte: 4, field: [v, w]'), pairs)).toEqual(['2'])
  })

  it('S112 leaves events out that lack the field', () => {
    const events = [event(1, { v: 'x' }), event(2, { v: 'y' }), event(3, {}), event(4, { v: null })]
    expect(told(values('gte: 2, field: v'), events)).toEqual(['1'])
    const pairs = [event(1, { v: 'x', w: 'x' }), event(2, { v: 'y' })]
    expect(told(values('gte: 1, field: [v, w]'), pairs)).toEqual(['0'])
  })

  const numbers = (type: string, condition: string): string =>
    correlation(`type: ${type}, rules: [a], timespan: 10s, condition: { field: v, ${condition} }`)
  const measured = (...all: readonly unknown[]): SketchedEvent[] =>
    all.map((v, at) => event(at, { v }))

  it('S113 adds up numbers and texts that are written as JSON numbers; events without any are left out', () => {
    expect(told(numbers('value_sum', 'gte: 6'), measured(1, '2', [1, 2], 'x', null))).toEqual(['2'])
    expect(told(numbers('value_sum', 'lt: 0'), measured(1, -2, '-0.5'))).toEqual(['1', '2'])
    expect(told(numbers('value_avg', 'gt: 0.5'), measured(0.5, 0.75, -1))).toEqual(['1'])
  })

  it('S113 takes percentiles between the two numbers that are next to the rank, and the median at 50', () => {
    expect(told(numbers('value_median', 'eq: 2.5'), measured(1, 4, 3))).toEqual(['1'])
    expect(told(numbers('value_median', 'eq: 3'), measured(1, 4, 3))).toEqual(['2'])
    const at = (percentile: number, value: number): string[] =>
      told(
        numbers('value_percentile', `percentile: ${percentile}, eq: ${value}`),
        measured(10, 20, 40),
      )
    expect([at(0, 10), at(75, 30), at(100, 40)]).toEqual([['0', '1', '2'], ['2'], ['2']])
  })

  it('S114 of type temporal wants all of its rules, a number of them, or what an expression says', () => {
    const temporal = (condition: string): string =>
      correlation(`type: temporal, rules: [a, b, c], timespan: 10s${condition}`)
    expect(told(temporal(''), 'c1 a2 b3 c4 a14')).toEqual(['2', '3'])
    expect(told(temporal(', condition: { gte: 2 }'), 'c1 c2 a3 a20')).toEqual(['2'])
    expect(told(temporal(', condition: a and (b or c)'), 'c1 c2 a3 a20 b29')).toEqual(['2', '4'])
    expect(told(temporal(''), 'abc1')).toEqual(['0'])
  })

  const ordered = (rules: string, condition = ''): string =>
    correlation(`type: temporal_ordered, rules: [${rules}], timespan: 10s${condition}`)

  it('S115 of type temporal_ordered wants its rules in their order, at times that do not decrease', () => {
    expect(told(ordered('a, b'), 'b1 a2')).toEqual([])
    expect(told(ordered('a, b'), 'a2 b3')).toEqual(['1'])
    expect(told(ordered('a, b'), 'a2 b2')).toEqual(['0', '1'])
    expect(told(ordered('a, b'), 'a2 b12')).toEqual([])
    expect(told(ordered('a, b, c'), 'a1 c2 b3 c4 a5 c12')).toEqual(['3', '4'])
    expect(told(ordered('a, b', ', condition: a or b'), 'b1 a2')).toEqual(['0', '1'])
  })

  it('S115 takes every step from another event', () => {
    expect(told(ordered('a, b'), 'ab1')).toEqual([])
    expect(told(ordered('a, b'), 'ab1 ab2')).toEqual(['1'])
    expect(told(ordered('a, b'), 'ab1 a1')).toEqual(['0', '1'])
    expect(told(ordered('a, b, c'), 'ab1 bc1')).toEqual([])
  })

  it('S116 with `not` in a temporal type wants nothing of the rule nearer than a timespan, before or behind', () => {
    const without = correlation('type: temporal, timespan: 10s, condition: a and not b')
    expect(told(without, 'a1')).toEqual(['0'])
    expect(told(without, 'a1 b10.9')).toEqual([])
    expect(told(without, 'b1 a10.9')).toEqual([])
    expect(told(without, 'b1 a11 b21')).toEqual(['1'])
    expect(told(without, 'a1 a5 b12')).toEqual(['0'])
    const either = correlation('type: temporal, timespan: 10s, condition: (a and not b) or c')
    expect(told(either, 'a1 b2 c3')).toEqual(['2'])
  })

  it('S117 with `not` in an ordered type looks behind for what stands last, and else in the window', () => {
    const notThen = ordered('a, b', ', condition: a and not b')
    expect(told(notThen, 'b1 a2')).toEqual(['1'])
    expect(told(notThen, 'a2 b11.9')).toEqual([])
    expect(told(notThen, 'a2 b12')).toEqual(['0'])
    const notBefore = ordered('b, a', ', condition: a and not b')
    expect(told(notBefore, 'b1 a2')).toEqual([])
    expect(told(notBefore, 'b1 a11 b12')).toEqual(['1'])
    const between = ordered('a, b, c', ', condition: a and c and not b')
    expect(told(between, 'a1 b2 c3')).toEqual([])
    expect(told(between, 'a1 c3 b4')).toEqual(['1'])
  })

  it('S118 of fewer events than a number, or of another number, matches only what every window around it bears out', () => {
    expect(told(count('lt: 3'), 'a1 a2 a3')).toEqual([])
    expect(told(count('lt: 3'), 'a1 a2 a20')).toEqual(['0', '1', '2'])
    expect(told(count('lte: 1'), 'a1 a11 a12')).toEqual(['0'])
    expect(told(count('neq: 2'), 'a1 a2 a20')).toEqual(['2'])
    expect(told(values('lt: 2, field: v'), measured('x', 'x', 'x'))).toEqual(['0', '1', '2'])
    expect(told(values('lt: 2, field: v'), measured('x', 'x', 'y'))).toEqual([])
  })

  it('S119 takes matches of a correlation as events, with their group', () => {
    const many = correlation(
      'type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: { gte: 2 }',
      'many',
    )
    const then = correlation(
      'type: temporal_ordered, rules: [many, b], group-by: [u], timespan: 1m',
      'x',
    )
    const events = [
      event(1, { u: ['x', 'y'] }),
      event(2, { u: ['x', 'z'] }),
      { ...event(30, { u: 'y' }), is: 'b' },
      { ...event(31, { u: 'x' }), is: 'b' },
    ]
    expect(told([many, then], events)).toEqual(['3 "x"'])
    expect(
      told(
        [
          many,
          correlation('type: event_count, rules: [many], timespan: 1m, condition: { gte: 2 }'),
        ],
        'a1 a2 a3',
      ),
    ).toEqual([])
    const withUsers = [1, 2, 3].map((at) => event(at, { u: 'x' }))
    expect(
      told(
        [
          many,
          correlation('type: event_count, rules: [many], timespan: 1m, condition: { gte: 2 }'),
        ],
        withUsers,
      ),
    ).toEqual(['2'])
  })

  /** The places of events at which something is told of `x`; the number of events for the end. */
  function toldAt(document: string, sketched: string): number[] {
    const ruleSet = ruleSetWith(document)
    const events = eventsOf(sketch(sketched))
    const matches = matchesIn(ruleSet, events)
    const correlator = createCorrelator(ruleSet.correlations)
    const after = events.map((event, place) => [
      ...correlator.accept(matches[place]!, 'sender'),
      ...correlator.advance(event.cluster, 'sender', event.timeUs, event.timeUs / 1000),
    ])
    return [...after, correlator.close()].flatMap((told, place) => told.map(() => place))
  }

  it('S121 tells at once what nothing can make untrue, and the rest when the watermark has passed it', () => {
    expect(toldAt(count('gte: 2'), 'a1 a2 c300 c301')).toEqual([1])
    expect(toldAt(count('eq: 2'), 'a1 a2 c121 c122.5 c123')).toEqual([3])
    expect(toldAt(count('eq: 2'), 'a1 a2')).toEqual([2])
    const without = correlation('type: temporal, timespan: 10s, condition: a and not b')
    expect(toldAt(without, 'a1 c130 c131.5 c132')).toEqual([2])
  })

  it('S122 lets one event far ahead of all others close nothing, until a second one is there', () => {
    expect(toldAt(count('eq: 2'), 'c0 a1 c9000 a2 c5 c6')).toEqual([6])
    expect(toldAt(count('eq: 2'), 'c0 a1 a2 c9000 c9001 c9002')).toEqual([4])
  })
})
