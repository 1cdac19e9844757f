import { describe, expect, it } from 'vitest'
import type { Alert, Level } from '../../../src/contracts.ts'
import {
  createStories,
  type Stories,
  type StoryOptions,
} from '../../../src/detect/episode/stories.ts'
import { formatTimeUs } from '../../../src/util/time.ts'
import { alertOf } from '../../web/records.ts'
import { at } from './support.ts'

const options: StoryOptions = {
  windowUs: 3_600_000_000,
  minTactics: 3,
  updateEveryUs: 300_000_000,
  latenessUs: 120_000_000,
  maximumUs: 86_400_000_000,
  maxActors: 100,
}

interface Sketch {
  readonly tactic: string
  readonly seconds: number
  readonly level?: Level
  readonly actor?: string
  readonly peerIp?: string
  readonly cluster?: string
}

let number = 0

/** An alert that opens, of a rule of its own. */
function opened({ tactic, seconds, level = 'medium', ...others }: Sketch): Alert {
  const id = `alert-${++number}`
  const time = formatTimeUs(at(seconds))
  const rule = {
    id: `rule-${id}`,
    name: `${tactic} rule`,
    title: 'A rule',
    level,
    tags: [`attack.${tactic}`, 'attack.t1609'],
  }
  return alertOf(id, { firstSeen: time, lastSeen: time, openedAt: time, rule, ...others })
}

function play(changed: Partial<StoryOptions> = {}) {
  const stories = createStories({ ...options, ...changed })
  const see = (...sketches: readonly Sketch[]): Alert[] =>
    sketches.flatMap((sketch) => [...stories.accept([opened(sketch)], () => 0)])
  return { stories, see }
}

const chain: readonly Sketch[] = [
  { tactic: 'discovery', seconds: 0 },
  { tactic: 'credential-access', seconds: 60 },
  { tactic: 'persistence', seconds: 120 },
]

describe('a story', () => {
  it('is told when alerts of an actor are of three tactics, in the order of their time', () => {
    const { see } = play()
    const [late, ...others] = chain
    expect(see(...others)).toEqual([])
    const [story] = see(late!)
    expect(story).toMatchObject({
      schema: 'kubewitness.alert/v1',
      revision: 1,
      status: 'open',
      kind: 'story',
      rule: {
        name: 'story',
        level: 'high',
        tags: [
          'attack.discovery',
          'attack.t1609',
          'attack.credential-access',
          'attack.persistence',
        ],
      },
      cluster: 'default',
      actor: 'alice',
      firstSeen: '2026-01-01T00:00:00.000000Z',
      lastSeen: '2026-01-01T00:02:00.000000Z',
      count: 3,
      group: { actor: 'alice' },
      summary: 'alice went through 3 tactics: discovery, credential-access, persistence (3 alerts)',
    })
    expect(
      story?.story?.map(({ tactic, techniques, rule }) => [tactic, techniques, rule.name]),
    ).toEqual([
      ['discovery', ['T1609'], 'discovery rule'],
      ['credential-access', ['T1609'], 'credential-access rule'],
      ['persistence', ['T1609'], 'persistence rule'],
    ])
    expect(story?.story?.map(({ alert }) => alert)).toEqual(
      [0, 1, 2].map((place) => expect.stringMatching(`^alert-${number - [0, 2, 1][place]!}$`)),
    )
  })

  it('needs different tactics, of different rules, of one actor in one cluster, within the window, at medium or above', () => {
    const without = (changes: Partial<Sketch>): Alert[] => {
      const [first, second, third] = chain
      return play().see(first!, second!, { ...third!, ...changes })
    }
    expect(without({})).toHaveLength(1)
    expect(without({ tactic: 'discovery' })).toEqual([])
    expect(without({ actor: 'bob' })).toEqual([])
    expect(without({ cluster: 'other' })).toEqual([])
    expect(without({ seconds: 3601 })).toEqual([])
    expect(without({ level: 'low' })).toEqual([])
    const [first, second] = chain
    const both = opened({ tactic: 'impact', seconds: 1 })
    const tags = [...both.rule.tags, 'attack.execution', 'attack.persistence']
    const { stories, see } = play()
    see(first!)
    expect(stories.accept([{ ...both, rule: { ...both.rule, tags } }], () => 0)).toEqual([])
    expect(see(second!)).toHaveLength(1)
  })

  it('is high, and critical with a critical alert or with two tactics that are high', () => {
    const levelOf = (...levels: Level[]): Level | undefined =>
      play().see(...chain.map((sketch, i) => ({ ...sketch, level: levels[i]! })))[0]?.rule.level
    expect(levelOf('medium', 'medium', 'medium')).toBe('high')
    expect(levelOf('medium', 'high', 'medium')).toBe('high')
    expect(levelOf('medium', 'high', 'high')).toBe('critical')
    expect(levelOf('critical', 'medium', 'medium')).toBe('critical')
  })

  it('is told again at once when its level rises, else seldom, and once more when it is over', () => {
    const { stories, see } = play()
    see(...chain)
    expect(see({ tactic: 'impact', seconds: 200 })).toEqual([])
    expect(stories.advance('default', at(419))).toEqual([])
    expect(stories.advance('default', at(420))).toMatchObject([
      { revision: 2, status: 'updated', count: 4 },
    ])
    expect(see({ tactic: 'execution', seconds: 500, level: 'critical' })).toMatchObject([
      { revision: 3, status: 'updated', count: 5, previousLevel: 'high' },
    ])
    expect(stories.advance('default', at(500 + 3719))).toEqual([])
    const [closed] = stories.advance('default', at(500 + 3720))
    expect(closed).toMatchObject({ revision: 4, status: 'closed', closedBecause: 'quiet' })
    expect(closed?.previousLevel).toBeUndefined()
  })

  it('of strangers is of one address', () => {
    const { see } = play()
    const nameless = chain.map((sketch) => ({ ...sketch, actor: 'system:anonymous' }))
    const [first, ...others] = nameless
    expect(
      see(
        { ...first!, peerIp: '192.0.2.1' },
        ...others.map((o) => ({ ...o, peerIp: '192.0.2.2' })),
      ),
    ).toEqual([])
    expect(see({ ...first!, peerIp: '192.0.2.2' })).toMatchObject([
      { group: { actor: 'system:anonymous', peerIp: '192.0.2.2' } },
    ])
    expect(see(...nameless.map((sketch) => ({ ...sketch, actor: '', peerIp: '' })))).toEqual([])
  })

  it('cannot be hidden behind many alerts of one tactic', () => {
    const { see } = play()
    const [first, second, third] = chain
    see(first!)
    const many = Array.from({ length: 200 }, () => second!)
    expect(see(...many)).toEqual([])
    const [story] = see(third!)
    expect(story?.count).toBe(50)
    expect(story?.summary).toContain('3 tactics')
    see(...many)
    expect(see({ tactic: 'impact', seconds: 130, level: 'critical' })).toEqual([])
  })

  it('is forgotten, or closed, when more actors are followed than may be', () => {
    const { see } = play({ maxActors: 1 })
    see(...chain)
    expect(see({ tactic: 'impact', seconds: 130, actor: 'bob' })).toMatchObject([
      { status: 'closed', closedBecause: 'evicted', actor: 'alice' },
    ])
    expect(see(chain[0]!)).toEqual([])
  })

  it('goes on after a restart as if there had been none', () => {
    const saved = new Map<string, Uint8Array>()
    const restarted = (stories: Stories): Stories => {
      for (const { key, value } of stories.takeChanges()) {
        if (value === undefined) saved.delete(key)
        else saved.set(key, value)
      }
      const restored = createStories(options)
      restored.restore([...saved].map(([key, value]) => ({ key, value })))
      return restored
    }
    const alerts = [...chain, { tactic: 'impact', seconds: 130 }].map(opened)
    let again = createStories(options)
    const told = alerts.flatMap((alert) => {
      const result = again.accept([alert], () => 0)
      again = restarted(again)
      return [...result]
    })
    told.push(...again.advance('default', at(10_000)))
    restarted(again)
    const once = createStories(options)
    expect(told).toEqual([...once.accept(alerts, () => 0), ...once.advance('default', at(10_000))])
    expect(told.map(({ status }) => status)).toEqual(['open', 'updated', 'closed'])
    expect(saved.size).toBe(0)
  })
})
