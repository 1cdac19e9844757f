import { describe, expect, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import {
  createEpisodes,
  type EpisodeOptions,
  type Episodes,
} from '../../../src/detect/episode/episodes.ts'
import { episodeOptions } from '../support.ts'
import { at, type EventSketch, line, matchOf, ruleOf } from './support.ts'

const rule = ruleOf()

/** Episodes that are given events of one cluster, and the watermark as that of a single sender. */
function play(options: Partial<EpisodeOptions> = {}, played = rule) {
  const episodes = createEpisodes({ ...episodeOptions, ...options })
  const seconds = (value: number): Alert[] => [
    ...episodes.advance('test', at(value) - episodeOptions.latenessUs),
  ]
  const see = (request: string, time: number, sketch: Partial<EventSketch> = {}): Alert[] => [
    ...episodes.accept([matchOf(played, { request, seconds: time, ...sketch })]),
  ]
  return { episodes, see, seconds }
}

const lines = (alerts: readonly Alert[]): string[] => alerts.map(line)

describe('an episode', () => {
  it('is told at its first match, and once more when it is over', () => {
    const { see, seconds } = play()
    const [opened] = see('a', 0)
    expect(opened).toMatchObject({
      revision: 1,
      status: 'open',
      count: 1,
      summary: 'alice read shop/a',
    })
    expect(see('b', 60)).toEqual([])
    expect(seconds(250)).toEqual([])
    // Quiet and lateness after the last match, by the watermark, which is the lateness behind.
    expect(lines(seconds(60 + 600 + 120 + 119))).toEqual(['updated 2: a b'])
    const [closed] = seconds(60 + 600 + 120 + 120)
    expect(closed).toMatchObject({
      id: opened?.id,
      revision: 3,
      status: 'closed',
      closedBecause: 'quiet',
      firstSeen: '2026-01-01T00:00:00.000000Z',
      lastSeen: '2026-01-01T00:01:00.000000Z',
      openedAt: '2026-01-01T00:00:00.000000Z',
      count: 2,
      summary: 'alice read shop/a (and 1 more)',
    })
    expect(seconds(100_000)).toEqual([])
  })

  it('tells of its growth at most every so often, and not without any', () => {
    const { see, seconds } = play()
    const told = [0, 100, 200, 299, 301, 500].flatMap((time) => [
      ...see(`at-${time}`, time),
      ...seconds(time + 120),
    ])
    expect(told.map(({ status, count }) => [status, count])).toEqual([
      ['open', 1],
      ['updated', 5],
    ])
    expect(seconds(600 + 120).map(({ status, count }) => [status, count])).toEqual([['updated', 6]])
    expect(seconds(1000 + 120)).toEqual([])
  })

  it('tells the same of what fell due, in one step or in many', () => {
    const one = play()
    const many = play()
    for (const { see } of [one, many]) [0, 100].map((time) => see(`at-${time}`, time))
    const inOne = one.seconds(10_000)
    const inMany = Array.from({ length: 100 }, (_, i) => many.seconds(i * 100 + 100)).flat()
    expect(inMany).toEqual(inOne)
    expect(inOne.map(({ status }) => status)).toEqual(['updated', 'closed'])
  })

  it('counts a request once, and lists each of its stages once', () => {
    const { see, episodes } = play()
    see('a', 0, { stage: 'ResponseStarted' })
    see('a', 0, { stage: 'ResponseStarted' })
    see('a', 9)
    see('a', 9)
    expect(lines(episodes.close())).toEqual(['closed (end) 1: a a'])
  })

  it('names the different objects and addresses, up to twenty, when there are several', () => {
    const { see, episodes } = play()
    const [opened] = see('a', 0)
    expect([opened?.targets, opened?.peerIps]).toEqual([undefined, undefined])
    for (let i = 0; i < 30; i++) see(`n${i % 25}`, i, { peerIp: `192.0.2.${i}` })
    const [closed] = episodes.close()
    expect(closed?.targets?.map(({ name }) => name)).toEqual([
      'a',
      ...Array.from({ length: 19 }, (_, i) => `n${i}`),
    ])
    expect(closed?.targets?.[0]).toEqual({
      apiGroup: '',
      resource: 'secrets',
      namespace: 'shop',
      name: 'a',
    })
    expect(closed?.peerIps).toHaveLength(20)
  })

  it('takes what comes late: its first and last time are those of the events, and so is their order', () => {
    const { see, episodes } = play()
    see('b', 60)
    see('c', 120)
    see('a', 30)
    const [closed] = episodes.close()
    expect(closed).toMatchObject({
      firstSeen: '2026-01-01T00:00:30.000000Z',
      lastSeen: '2026-01-01T00:02:00.000000Z',
      openedAt: '2026-01-01T00:01:00.000000Z',
    })
    expect(line(closed!)).toBe('closed (end) 3: a b c')
  })

  it('is of one rule, one cluster and one group', () => {
    const { see, episodes } = play()
    see('a', 0)
    see('b', 0, { actor: 'bob' })
    see('c', 0, { cluster: 'other' })
    episodes.accept([
      matchOf(ruleOf('', '0e95725d-7320-415d-80f7-004da920fc12'), { request: 'd', seconds: 0 }),
    ])
    expect(lines(episodes.close())).toEqual([
      'closed (end) 1: a',
      'closed (end) 1: b',
      'closed (end) 1: c',
      'closed (end) 1: d',
    ])
  })

  it('of strangers is of one address each, as they have no name', () => {
    const { see, episodes } = play()
    see('a', 0, { actor: 'system:anonymous', peerIp: '192.0.2.1' })
    see('b', 0, { actor: 'system:anonymous', peerIp: '192.0.2.2' })
    see('c', 1, { actor: 'system:anonymous', peerIp: '192.0.2.1' })
    const closed = episodes.close()
    expect(lines(closed)).toEqual(['closed (end) 1: b', 'closed (end) 2: a c'])
    expect(closed[1]?.group).toEqual({ actor: 'system:anonymous', peerIp: '192.0.2.1' })
  })

  it('ends where matches are farther apart than quiet and lateness, though nobody has said yet that it is over', () => {
    const { see, episodes } = play()
    const first = see('a', 0)
    expect(see('b', 720)).toEqual([])
    const second = see('c', 1441)
    expect(lines([...first, ...second])).toEqual(['open 1: a', 'open 1: c'])
    expect(second[0]?.id).not.toBe(first[0]?.id)
    see('d', 1440)
    expect(lines(episodes.close())).toEqual(['closed (end) 1: c', 'closed (end) 3: a b d'])
  })

  it('has all stages of its requests, though another one is nearer', () => {
    const { see, episodes } = play()
    see('a', 0, { stage: 'ResponseStarted' })
    see('b', 721)
    see('a', 730)
    expect(lines(episodes.close())).toEqual(['closed (end) 1: b', 'closed (end) 1: a a'])
  })

  it('of events that are late by hours stays open as long as any other', () => {
    const { see, seconds } = play()
    seconds(36_000)
    expect(lines(see('a', 100))).toEqual(['open 1: a'])
    seconds(36_300)
    expect(see('b', 200)).toEqual([])
    expect(lines(seconds(36_300 + 719))).toEqual(['updated 2: a b'])
    expect(lines(seconds(36_300 + 720))).toEqual(['closed (quiet) 2: a b'])
  })

  it('is over after the longest time, and the next match opens another', () => {
    const { see, seconds } = play({ maximumUs: 1_000_000_000 })
    const told = [0, 500, 999, 1001, 1200].flatMap((time) => [
      ...see(`at-${time}`, time),
      ...seconds(time),
    ])
    told.push(...seconds(5000))
    expect(told.filter(({ status }) => status !== 'updated').map(line)).toEqual([
      'open 1: at-0',
      'open 1: at-1001',
      'closed (duration) 3: at-0 at-500 at-999',
      'closed (quiet) 2: at-1001 at-1200',
    ])
  })

  it('of an event from the future is over when the rest is', () => {
    const { see, seconds } = play()
    // A year after it came.
    expect(see('a', 600 * 86_400)).toHaveLength(1)
    expect(seconds(400 * 86_400).map(({ status }) => status)).toEqual(['closed'])
  })

  it('remembers sessions that go on behind its end: their last stage is no news', () => {
    const { see, seconds } = play()
    see('session', 0, { stage: 'ResponseStarted' })
    seconds(10_000)
    expect(see('session', 10_000)).toEqual([])
    expect(lines(see('session', 10_001))).toEqual(['open 1: session'])
  })
})

describe('the bounds of episodes', () => {
  it('on events of one alert leave the count right', () => {
    const { see, episodes } = play({ maxEvents: 2 })
    for (const [i, request] of ['a', 'b', 'c', 'c', 'd', 'a', 'd'].entries()) see(request, i)
    const [closed] = episodes.close()
    expect(line(closed!)).toBe('closed (end) 4: a b')
    expect(closed?.requestsOmitted).toBe(2)
  })

  it('on open ones close the stalest, and say so', () => {
    const leftOut: string[] = []
    const { see, episodes } = play({
      maxOpen: 2,
      onLeftOut: (what, name) => leftOut.push(`${what} ${name}`),
    })
    see('a', 0, { actor: 'a' })
    see('b', 1, { actor: 'b' })
    see('c', 2, { actor: 'a' })
    expect(lines(see('d', 3, { actor: 'c' }))).toEqual(['open 1: d', 'closed (evicted) 1: b'])
    expect([leftOut, episodes.open]).toEqual([['evicted secret_read'], 2])
  })

  it('on all lists together do the same', () => {
    const { see, episodes } = play({ maxEntries: 3 })
    for (const [i, request] of ['a', 'b'].entries()) see(request, i, { actor: 'a' })
    see('c', 0, { actor: 'b' })
    expect(lines(see('d', 1, { actor: 'b' }))).toEqual(['closed (evicted) 2: a b'])
    expect(episodes.open).toBe(1)
  })
})

describe('a threshold', () => {
  const third = ruleOf('threshold: 3')

  it('has nothing told before so many requests, then all of them', () => {
    const { see, seconds } = play({}, third)
    expect([...see('a', 0), ...see('a', 0), ...see('b', 5)]).toEqual([])
    expect(lines(see('c', 10))).toEqual(['open 3: a b c'])
    expect(lines(seconds(10_000))).toEqual(['closed (quiet) 3: a b c'])
  })

  it('is of one episode: what was too little is forgotten when it is over', () => {
    const { see, seconds } = play({}, third)
    for (const request of ['a', 'b']) see(request, 0)
    expect(seconds(10_000)).toEqual([])
    expect(see('c', 10_000)).toEqual([])
  })
})

describe('suppression', () => {
  const quietly = ruleOf('suppress: 1h')

  it('opens no alert of the key until so long after the last match, and counts what it passed over', () => {
    const leftOut: string[] = []
    const { see, seconds } = play({ onLeftOut: (what) => leftOut.push(what) }, quietly)
    see('a', 0)
    see('b', 60)
    seconds(2000)
    expect(see('c', 3659)).toEqual([])
    expect(see('d', 3659, { actor: 'bob' })).toHaveLength(1)
    expect(leftOut).toEqual(['suppressed'])
    expect(lines(see('e', 3661))).toEqual(['open 1: e'])
  })

  it('goes on when an alert has lasted as long as it may', () => {
    const { see, seconds } = play({ maximumUs: 1_000_000_000 }, quietly)
    const told = [0, 500, 1001, 1500, 4101].flatMap((time) => [
      ...see(`at-${time}`, time),
      ...seconds(time),
    ])
    expect(told.filter(({ status }) => status === 'open').map(line)).toEqual([
      'open 1: at-0',
      'open 1: at-4101',
    ])
  })
})

describe('the attributes of a rule', () => {
  it('win over what is configured', () => {
    const { see, seconds } = play({}, ruleOf('quiet: 1m, updateEvery: 10s'))
    see('a', 0)
    see('b', 5)
    expect(lines(seconds(120 + 11))).toEqual(['updated 2: a b'])
    expect(lines(seconds(5 + 60 + 120 + 120))).toEqual(['closed (quiet) 2: a b'])
  })
})

describe('after a restart', () => {
  function restart(episodes: Episodes, saved: Map<string, Uint8Array>): Episodes {
    for (const { key, value } of episodes.takeChanges()) {
      if (value === undefined) saved.delete(key)
      else saved.set(key, value)
    }
    const restored = createEpisodes({ ...episodeOptions, maxEvents: 3 })
    restored.restore([...saved].map(([key, value]) => ({ key, value })))
    return restored
  }

  it('episodes go on where they were', () => {
    const saved = new Map<string, Uint8Array>()
    const names = ['a', 'b', 'c', 'd', 'd', 'e']
    let episodes = createEpisodes({ ...episodeOptions, maxEvents: 3 })
    const told = names.flatMap((request, i) => {
      const alerts = [
        ...episodes.accept([matchOf(rule, { request, seconds: i * 200 })]),
        ...episodes.advance('test', at(i * 200)),
      ]
      episodes = restart(episodes, saved)
      return alerts
    })
    told.push(...episodes.advance('test', at(10_000)))
    restart(episodes, saved)
    expect(lines(told)).toEqual([
      'open 1: a',
      'updated 3: a b c',
      'updated 4: a b c',
      'updated 5: a b c',
      'closed (quiet) 5: a b c',
    ])
    expect([...saved.keys()]).toEqual([expect.stringMatching(/^episode\/1\/watermark\//)])
  })

  it('records of another version go', () => {
    const episodes = createEpisodes(episodeOptions)
    episodes.restore([{ key: 'episode/0/open/x', value: Buffer.from('?') }])
    expect(episodes.takeChanges()).toEqual([{ key: 'episode/0/open/x', value: undefined }])
    expect(episodes.takeChanges()).toEqual([])
  })
})
