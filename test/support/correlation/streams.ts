import fc from 'fast-check'
import { toAuditEvent } from '../../../src/audit/event.ts'
import type { AuditEvent } from '../../../src/contracts.ts'
import { correlation, eventsOf, type SketchedEvent } from './sequence.ts'

/** An event as it comes in. */
export interface Arrival {
  readonly event: AuditEvent
  readonly sender: string
}

const rules = ['a', 'b', 'c'] as const
const operators = fc.constantFrom('gt', 'gte', 'lt', 'lte', 'eq', 'neq')

/** `gte: 3`, or a range. */
const thresholds = fc.oneof(
  fc
    .tuple(fc.constantFrom('gt', 'gte'), fc.integer({ min: 0, max: 4 }))
    .map(([operator, number]) => `${operator}: ${number}`),
  fc
    .uniqueArray(fc.tuple(operators, fc.integer({ min: 0, max: 5 })), {
      minLength: 1,
      maxLength: 2,
      selector: ([operator]) => operator,
    })
    .map((tests) => tests.map(([operator, number]) => `${operator}: ${number}`).join(', ')),
)

/** Expressions over the rules that are false where none of them matched. */
const expressions = fc
  .letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(...rules),
      fc
        .tuple(tie('tree'), fc.constantFrom('and', 'or'), tie('tree'))
        .map((all) => `(${all.join(' ')})`),
      tie('tree').map((tree) => `not ${tree}`),
    ),
  }))
  .tree.map((tree) => `(a or b or c) and (${tree})`)

/** Type, rules and condition. */
const bodies = fc.oneof(
  thresholds.map((tests) => `type: event_count, rules: [a, b], condition: { ${tests} }`),
  fc
    .tuple(thresholds, fc.constantFrom('v', '[v, n]'))
    .map(
      ([tests, field]) => `type: value_count, rules: [a], condition: { ${tests}, field: ${field} }`,
    ),
  fc
    .tuple(fc.constantFrom('value_sum', 'value_avg', 'value_median'), thresholds)
    .map(([type, tests]) => `type: ${type}, rules: [a, b], condition: { ${tests}, field: n }`),
  fc
    .tuple(fc.integer({ min: 0, max: 100 }), thresholds)
    .map(
      ([percentile, tests]) =>
        `type: value_percentile, rules: [a, b], condition: { percentile: ${percentile}, ${tests}, field: n }`,
    ),
  fc.constantFrom(
    ...['temporal', 'temporal_ordered'].map((type) => `type: ${type}, rules: [b, a, c]`),
    'type: temporal, rules: [a, b, c], condition: { gte: 2 }',
    'type: temporal, rules: [a, b, c], condition: { lt: 2 }',
  ),
  fc
    .tuple(
      fc.constantFrom('temporal', 'temporal_ordered'),
      fc.shuffledSubarray([...rules], { minLength: 3 }),
      expressions,
    )
    .map(
      ([type, order, text]) => `type: ${type}, rules: [${order.join(', ')}], condition: ${text}`,
    ),
)

const groupBys = fc.constantFrom(
  '',
  'group-by: u, ',
  'group-by: [u, w], ',
  'group-by: who, aliases: { who: { a: u } }, ',
)
const settings = fc
  .constantFrom('requests', 'events')
  .map((count) => `kubewitness: { count: ${count}, lateness: 10s }`)
const timespans = fc.constantFrom(1, 5, 20)

/** One or two correlations; the second refers to the first. */
export const correlations: fc.Arbitrary<readonly string[]> = fc
  .tuple(
    fc.tuple(bodies, groupBys, timespans, settings),
    fc.option(
      fc.tuple(
        fc.constantFrom(
          'type: event_count, rules: [x], condition: { gte: 2 }',
          'type: event_count, rules: [x, c], condition: { eq: 2 }',
          'type: value_count, rules: [x], condition: { gte: 2, field: v }',
          'type: temporal_ordered, rules: [x, b]',
          'type: temporal, rules: [x, b], condition: x and not b',
        ),
        fc.constantFrom('', 'group-by: u, '),
        timespans,
        settings,
      ),
    ),
  )
  .map(([first, second]) => {
    const text = (name: string, [body, groupBy, timespan, own]: typeof first): string =>
      // An alias is for rules that are there.
      correlation(
        `${groupBy.includes('who') && !/\\ba\\b/.test(body.split('condition')[0]!) ? '' : groupBy}timespan: ${timespan}s, ${body}`,
        name,
        own,
      )
    return [text('x', first), ...(second === null ? [] : [text('y', second)])]
  })

/** One correlation that may remember only so much. */
const boundedBy = (bound: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> =>
  fc
    .tuple(
      bodies,
      fc.constantFrom('group-by: u, ', 'group-by: [u, w], '),
      timespans,
      fc.constantFrom('requests', 'events'),
      bound,
    )
    .map(([body, groupBy, timespan, count, most]) => [
      correlation(
        `${groupBy}timespan: ${timespan}s, ${body}`,
        'x',
        `kubewitness: { count: ${count}, lateness: 10s, ${most} }`,
      ),
    ])

export const correlationsOfFewKeys = boundedBy(
  fc.integer({ min: 1, max: 10 }).map((maxKeys) => `maxKeys: ${maxKeys}`),
)
export const correlationsOfFewBytes = boundedBy(
  fc.integer({ min: 64, max: 100 }).map((maxKiB) => `maxBytes: ${maxKiB} KiB`),
)

/** The stream with such long values of `u` that a few groups take 64 KiB. */
export function withLongKeys(stream: readonly Arrival[]): readonly Arrival[] {
  const long = (value: unknown): unknown =>
    typeof value === 'string'
      ? value.repeat(30_000)
      : Array.isArray(value)
        ? value.map(long)
        : value
  return stream.map(({ event, sender }) => {
    const { cluster, receivedAtMs, raw } = event
    const context = { cluster, receivedAtMs }
    return { event: toAuditEvent({ ...raw, u: long(raw['u']) }, context), sender }
  })
}

const texts = fc.constantFrom('x', 'y', 'z')
const sketches: fc.Arbitrary<SketchedEvent> = fc.record({
  is: fc.subarray([...rules], { minLength: 1 }).map((letters) => letters.join('')),
  at: fc.oneof(
    fc.integer({ min: 0, max: 60 }),
    fc.integer({ min: 0, max: 240 }).map((quarters) => quarters / 4),
  ),
  cluster: fc.constantFrom('one', 'one', 'one', 'two'),
  request: fc.integer({ min: 0, max: 50 }).map((number) => `request ${number}`),
  stage: fc.constantFrom('RequestReceived', 'ResponseStarted', 'ResponseComplete'),
  with: fc.record(
    {
      u: fc.oneof(
        texts,
        fc.constant(1),
        fc.constant('1'),
        fc.constant(null),
        fc.array(texts, { maxLength: 3 }),
      ),
      w: texts,
      who: texts,
      v: fc.oneof(texts, fc.array(texts, { maxLength: 2 }), fc.constant(null), fc.constant({})),
      n: fc.oneof(
        fc.integer({ min: -3, max: 5 }),
        fc.constant('2.5'),
        fc.constant('x'),
        fc.constant([1, 2]),
      ),
    },
    { requiredKeys: [] },
  ),
})

/** Events in the order in which they arrive, at most `delayS` after others of their time; some come twice. */
export function streams(delayS: number): fc.Arbitrary<readonly Arrival[]> {
  return fc
    .array(
      fc.record({
        sketch: sketches,
        delays: fc.array(fc.nat(delayS), { minLength: 1, maxLength: 2 }),
        sender: fc.constantFrom('one', 'two'),
      }),
      { minLength: 5, maxLength: 60, size: 'max' },
    )
    .map((all) =>
      all
        .flatMap(({ sketch, delays, sender }) =>
          delays.map((delay) => ({ sketch, sender, arrives: sketch.at + delay })),
        )
        .toSorted((a, b) => a.arrives - b.arrives),
    )
    .map((all) => {
      // What is the same event says the same whenever it comes.
      const byId = new Map<string, AuditEvent>()
      return all.map(({ sketch, sender }) => {
        const made = eventsOf([sketch])[0]!
        const event = byId.get(made.id) ?? made
        byId.set(made.id, event)
        return { event, sender }
      })
    })
}
