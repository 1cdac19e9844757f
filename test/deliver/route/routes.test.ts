import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { labelsOf } from '../../../src/deliver/route/labels.ts'
import { compileRoutes, routeProblems, routesSchema } from '../../../src/deliver/route/routes.ts'
import { makeAlert, makeRule } from '../../sinks/make-alert.ts'

const sinks = ['chat', 'pager', 'file']

/** The sinks that an alert of the level goes to, each with the place of the route. */
function destinations(routes: unknown, level: 'low' | 'high' | 'critical'): string[] {
  const find = compileRoutes(routesSchema.parse(routes))
  const labels = labelsOf(makeAlert({ rule: makeRule(level) }))
  return sinks.flatMap((sink) => {
    const route = find(sink, labels)
    return route === undefined ? [] : [`${sink} by ${route.index}`]
  })
}

describe('routes', () => {
  const routes = [
    { match: { level: 'critical' }, sinks: ['pager'], continue: true },
    { match: { minimumLevel: 'high' }, sinks: ['chat', 'pager'] },
    { sinks: ['file'] },
  ]

  it('are taken in order, and the first one wins unless it says to go on', () => {
    expect(destinations(routes, 'critical')).toEqual(['chat by 1', 'pager by 0'])
    expect(destinations(routes, 'high')).toEqual(['chat by 1', 'pager by 1'])
    expect(destinations(routes, 'low')).toEqual(['file by 2'])
  })

  it('lead to every sink when there are none', () => {
    expect(destinations([], 'low')).toEqual(['chat by -1', 'pager by -1', 'file by -1'])
  })

  it('may lead nowhere', () => {
    expect(destinations([{ match: { level: 'low' }, sinks: [] }, { sinks }], 'low')).toEqual([])
  })

  it('lead every alert to the sinks of the last route when no other takes it, and every sink is asked alone', () => {
    const level = fc.constantFrom('low', 'high', 'critical')
    const route = fc.record({
      match: fc.record({ level }),
      sinks: fc.subarray(sinks),
      continue: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(route), fc.subarray(sinks), level, (some, last, alertLevel) => {
        const expected = new Set<string>()
        const taking = some.filter(({ match }) => match.level === alertLevel)
        const end = taking.findIndex((each) => !each.continue)
        const taken = end < 0 ? [...taking, { sinks: last }] : taking.slice(0, end + 1)
        for (const each of taken) for (const sink of each.sinks) expected.add(sink)
        const found = destinations([...some, { sinks: last }], alertLevel)
        expect(found.map((text) => text.split(' ')[0])).toEqual(
          sinks.filter((sink) => expected.has(sink)),
        )
      }),
    )
  })
})

describe('routes that are refused', () => {
  it.each([
    [
      'a sink that there is not',
      [{ sinks: ['chat', 'pagre'] }],
      [{ path: [0, 'sinks', 1], message: 'no sink is named pagre; there are chat, pager, file' }],
    ],
    [
      'no default',
      [{ match: { level: 'low' }, sinks: [] }],
      [
        {
          path: [0],
          message:
            'the last route must have neither match nor continue: it says where all else goes (sinks: [] is nowhere)',
        },
      ],
    ],
    [
      'a default that goes on',
      [{ sinks: ['chat'], continue: true }],
      [{ path: [0], message: expect.stringMatching(/^the last route must/) }],
    ],
    [
      'a route behind the default',
      [{ sinks: ['chat'] }, { match: { level: 'low' }, sinks: ['file'] }],
      [{ path: [1], message: 'is never reached: the route above takes everything' }],
    ],
    ['nothing', [], []],
    ['a route for all that goes on', [{ sinks: ['file'], continue: true }, { sinks: [] }], []],
  ])('%s', (_, routes, problems) => {
    expect(routeProblems(routesSchema.parse(routes), sinks)).toEqual(problems)
  })
})
