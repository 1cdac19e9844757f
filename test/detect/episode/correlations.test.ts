import { describe, expect, it } from 'vitest'
import type { CorrelationRule } from '../../../src/contracts.ts'
import type { CorrelationMatch, EventReference } from '../../../src/detect/correlate/correlator.ts'
import { createEpisodes } from '../../../src/detect/episode/episodes.ts'
import { parseRules } from '../../../src/sigma/parse.ts'
import { episodeOptions } from '../support.ts'
import { at, eventOf, line } from './support.ts'

function ruleOf(custom = ''): CorrelationRule {
  const text = [
    'title: Read',
    'name: read',
    'id: 0e95725d-7320-415d-80f7-004da920fc11',
    'logsource: { product: kubernetes }',
    'detection: { selection: { verb: get }, condition: selection }',
    '---',
    'title: Many reads',
    'name: many_reads',
    'id: 0e95725d-7320-415d-80f7-004da920fc12',
    'level: high',
    'correlation:',
    '  type: event_count',
    '  rules: [read]',
    '  group-by: [user.username, objectRef.namespace]',
    '  timespan: 10m',
    '  condition: { gte: 3 }',
    custom,
  ].join('\n')
  const { rules, problems } = parseRules([{ path: 'rule.yml', text }])
  const rule = rules.find((each) => each.kind === 'correlation')
  if (rule === undefined) throw new Error(JSON.stringify(problems))
  return rule
}

function reference(request: string, seconds: number): EventReference {
  const { id, stage, timeUs } = eventOf({ request, seconds })
  return { id, auditID: request, stage, timeUs }
}

/** True of the window that ends with the last of the events, a second apart from second `first` on. */
function matchOf(
  rule: CorrelationRule,
  names: string,
  first: number,
  changes: Partial<CorrelationMatch> = {},
): CorrelationMatch {
  const events = [...names].map((name, i) => reference(name, first + i))
  const group = { 'user.username': 'alice', 'objectRef.namespace': 'shop' }
  const count = events.length
  const event = events.at(-1)!
  return {
    rule,
    cluster: 'test',
    group,
    event,
    events,
    count,
    value: count,
    isCut: false,
    ...changes,
  }
}

describe('the alert of a correlation', () => {
  it('says who it was by its group, and how many', () => {
    const [alert] = createEpisodes(episodeOptions).accept([matchOf(ruleOf(), 'abc', 0)])
    expect(alert).toEqual({
      schema: 'kubewitness.alert/v1',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      revision: 1,
      status: 'open',
      rule: {
        id: '0e95725d-7320-415d-80f7-004da920fc12',
        name: 'many_reads',
        title: 'Many reads',
        level: 'high',
        tags: [],
      },
      cluster: 'test',
      actor: 'alice',
      effectiveUser: 'alice',
      peerIp: '',
      userAgent: '',
      target: { namespace: 'shop' },
      firstSeen: '2026-01-01T00:00:00.000000Z',
      lastSeen: '2026-01-01T00:00:02.000000Z',
      openedAt: '2026-01-01T00:00:02.000000Z',
      count: 3,
      events: ['a', 'b', 'c'].map((auditID) => ({
        id: expect.any(String),
        auditID,
        stage: 'ResponseComplete',
      })),
      group: { 'user.username': 'alice', 'objectRef.namespace': 'shop' },
      summary: 'Many reads: alice, shop (3 requests)',
      why: [{ selection: 'event_count', field: 'count', value: '3' }],
    })
  })

  it('says more when the event that completed it is at hand, and fills its summary from group and event', () => {
    const rule = ruleOf(
      'kubewitness: { summary: "{actor} from {peerIp}: {count} in {objectRef.namespace}" }',
    )
    const event = eventOf({ request: 'c', seconds: 2 })
    const [alert] = createEpisodes(episodeOptions).accept([matchOf(rule, 'abc', 0)], event)
    expect(alert).toMatchObject({
      peerIp: '192.0.2.7',
      target: { resource: 'secrets', namespace: 'shop', name: 'c' },
      summary: 'alice from 192.0.2.7: 3 in shop (3 requests)',
    })
    const later = eventOf({ request: 'other', seconds: 9 })
    const [without] = createEpisodes(episodeOptions).accept([matchOf(rule, 'abc', 0)], later)
    expect(without?.peerIp).toBe('')
  })

  it('puts windows of one group together, each event once', () => {
    const rule = ruleOf()
    const episodes = createEpisodes(episodeOptions)
    const told = [
      ...episodes.accept([matchOf(rule, 'abc', 0)]),
      ...episodes.accept([matchOf(rule, 'abcd', 0)]),
      ...episodes.accept([matchOf(rule, 'bcde', 1)]),
      ...episodes.accept([
        matchOf(rule, 'xyz', 5, {
          group: { 'user.username': 'bob', 'objectRef.namespace': 'shop' },
        }),
      ]),
      ...episodes.close(),
    ]
    expect(told.map(line)).toEqual([
      'open 3: a b c',
      'open 3: x y z',
      'closed (end) 5: a b c d e',
      'closed (end) 3: x y z',
    ])
  })

  it('says how many there were at least, where windows name only their last events or were cut', () => {
    const episodes = createEpisodes(episodeOptions)
    const [opened] = episodes.accept([matchOf(ruleOf(), 'xyz', 0, { count: 500, isCut: true })])
    expect(opened).toMatchObject({ count: 500, requestsOmitted: 497, isCut: true })
    expect(opened?.events).toHaveLength(3)
  })

  it('is closed when its windows have been quiet', () => {
    const episodes = createEpisodes(episodeOptions)
    episodes.accept([matchOf(ruleOf(), 'abc', 0)])
    expect(episodes.advance('test', at(2 + 719))).toEqual([])
    expect(episodes.advance('test', at(2 + 720)).map(line)).toEqual(['closed (quiet) 3: a b c'])
  })

  it('groups of values that are written alike but are not are two', () => {
    const episodes = createEpisodes(episodeOptions)
    const told = [403, '403'].flatMap((code) =>
      episodes.accept([matchOf(ruleOf(), 'abc', 0, { group: { 'responseStatus.code': code } })]),
    )
    expect(told.map(({ group }) => group)).toEqual([
      { 'responseStatus.code': '403' },
      { 'responseStatus.code': '403' },
    ])
    expect(new Set(told.map(({ id }) => id)).size).toBe(2)
  })
})
