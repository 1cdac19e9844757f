import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import {
  type GroupSettings,
  groupSchema,
  groupSettings,
} from '../../../src/deliver/group/config.ts'
import { createGroups, type Groups } from '../../../src/deliver/group/groups.ts'
import { makeAlert } from '../../sinks/make-alert.ts'

const settings: GroupSettings = { by: ['actor'], waitMs: 30, intervalMs: 300, repeatMs: 10_000 }

function opened(id: string, changes: Partial<Alert> = {}): Alert {
  return makeAlert({ id, ...changes })
}

function grown(id: string, revision: number): Alert {
  return makeAlert({ id, revision, status: 'updated' })
}

function hold(groups: Groups, nowMs: number, ...alerts: readonly Alert[]): number {
  const counts = alerts.map((alert) =>
    groups.hold(alert, `${alert.id}:${alert.revision}`, settings, nowMs),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Takes what is due as told, and gives the keys. */
function tell(groups: Groups, nowMs: number): (readonly string[])[] {
  return groups.due(nowMs).map(({ id, keys }) => {
    groups.release(id, keys)
    groups.wasTold(id, nowMs)
    return keys
  })
}

describe('groups', () => {
  it('wait for company once, and are told together', () => {
    const groups = createGroups({ maxInGroup: 100 })
    hold(groups, 0, opened('a'))
    hold(groups, 20, opened('b'))
    expect(tell(groups, 29)).toEqual([])
    expect(tell(groups, 30)).toEqual([['a:1', 'b:1']])
    expect([tell(groups, 40), groups.held]).toEqual([[], 0])
  })

  it('are told of what is new when the interval is over', () => {
    const groups = createGroups({ maxInGroup: 100 })
    hold(groups, 0, opened('a'))
    tell(groups, 30)
    hold(groups, 100, opened('b'))
    expect(tell(groups, 329)).toEqual([])
    expect(tell(groups, 330)).toEqual([['b:1']])
  })

  it('wait for company again when the interval was over long ago', () => {
    const groups = createGroups({ maxInGroup: 100 })
    hold(groups, 0, opened('a'))
    tell(groups, 30)
    hold(groups, 5_000, opened('b'))
    expect(tell(groups, 5_029)).toEqual([])
    expect(tell(groups, 5_030)).toEqual([['b:1']])
  })

  it('are told that alerts have grown when it has to be repeated, or together with what is new', () => {
    const groups = createGroups({ maxInGroup: 100 })
    hold(groups, 0, opened('a'))
    tell(groups, 30)
    expect(hold(groups, 400, grown('a', 2))).toBe(0)
    expect(hold(groups, 800, grown('a', 3))).toBe(1)
    expect(tell(groups, 10_029)).toEqual([])
    expect(tell(groups, 10_030)).toEqual([['a:3']])
    hold(groups, 10_400, grown('a', 4), opened('b'))
    expect(tell(groups, 10_430)).toEqual([['a:4', 'b:1']])
  })

  it('are told of an alert that was over before they were: that it opened, and that it is closed', () => {
    const groups = createGroups({ maxInGroup: 100 })
    const closed = makeAlert({ id: 'a', revision: 3, status: 'closed' })
    expect(hold(groups, 0, opened('a'), grown('a', 2), closed)).toBe(1)
    expect(tell(groups, 30)).toEqual([['a:1', 'a:3']])
  })

  it('take a level that has risen for news', () => {
    const groups = createGroups({ maxInGroup: 100 })
    hold(groups, 0, { ...grown('a', 2), previousLevel: 'low' })
    expect(tell(groups, 30)).toEqual([['a:2']])
  })

  it('are apart where a label of theirs is', () => {
    const groups = createGroups({ maxInGroup: 100 })
    hold(groups, 0, opened('a'), opened('b', { actor: 'bob' }), opened('c', { cluster: 'test' }))
    expect(tell(groups, 30)).toEqual([['b:1'], ['a:1', 'c:1']])
  })

  it('keep what asks for a repeat, due at once', () => {
    const groups = createGroups({ maxInGroup: 100 })
    hold(groups, 0, opened('a'), opened('b'))
    const [due] = groups.due(30)
    groups.release(due!.id, ['a:1'])
    expect(groups.due(30)).toEqual([{ id: due!.id, keys: ['b:1'] }])
  })

  it('do not wait when one is full, or all together are', () => {
    const one = createGroups({ maxInGroup: 2 })
    hold(one, 0, opened('a'), opened('b'), opened('c', { actor: 'bob' }))
    expect(tell(one, 1)).toEqual([['a:1', 'b:1']])
    const all = createGroups({ maxInGroup: 100, maxHeld: 2 })
    hold(all, 0, opened('a'), opened('c', { actor: 'bob' }))
    expect(tell(all, 1)).toEqual([['a:1'], ['c:1']])
  })

  it('are forgotten when they make nothing wait any more, or are too many', () => {
    const groups = createGroups({ maxInGroup: 100, maxGroups: 2 })
    hold(groups, 0, opened('a'))
    tell(groups, 30)
    groups.takeChanges()
    tell(groups, 10_029)
    expect(groups.takeChanges()).toEqual([])
    tell(groups, 10_030)
    expect(groups.takeChanges()).toEqual([
      { key: expect.stringMatching(/^group\//), value: undefined },
    ])
    for (const actor of ['a', 'b', 'c']) {
      hold(groups, 20_000, opened(actor, { actor }))
      tell(groups, 20_030)
    }
    expect(groups.takeChanges().map(({ value }) => value === undefined)).toEqual([
      true,
      false,
      false,
    ])
  })

  it('are the same after a restart, whenever that is, and nothing is lost or told twice', () => {
    const step = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      actor: fc.constantFrom('alice', 'bob'),
      status: fc.constantFrom('open', 'updated', 'closed'),
      afterMs: fc.nat(400),
      restarts: fc.boolean(),
    } as const)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const steady = createGroups({ maxInGroup: 100 })
        let restarted = createGroups({ maxInGroup: 100 })
        const saved = new Map<string, Uint8Array>()
        const told: string[] = []
        const news: string[] = []
        let nowMs = 0
        for (const [index, { id, actor, status, afterMs, restarts }] of steps.entries()) {
          nowMs += afterMs
          const alert = makeAlert({ id, actor, status, revision: index + 1 })
          if (status !== 'updated') news.push(`${id}:${index + 1}`)
          hold(steady, nowMs, alert)
          hold(restarted, nowMs, alert)
          told.push(...tell(steady, nowMs).flat())
          const toldByOther = tell(restarted, nowMs).flat()
          expect(told.slice(told.length - toldByOther.length)).toEqual(toldByOther)
          for (const { key, value } of restarted.takeChanges()) {
            if (value === undefined) saved.delete(key)
            else saved.set(key, value)
          }
          if (!restarts) continue
          restarted = createGroups({ maxInGroup: 100 })
          restarted.restore([...saved].map(([key, value]) => ({ key, value })))
        }
        told.push(...tell(steady, nowMs + 1e9).flat())
        expect(new Set(told).size).toBe(told.length)
        expect(news.filter((key) => !told.includes(key))).toEqual([])
      }),
    )
  })
})

describe('the configuration of groups', () => {
  it('has defaults, and the order of labels makes no difference', () => {
    expect(groupSettings(groupSchema.parse({}))).toEqual({
      by: ['cluster', 'rule'],
      waitMs: 30_000,
      intervalMs: 300_000,
      repeatMs: 14_400_000,
    })
    expect(groupSettings(groupSchema.parse({ by: ['rule', 'actor'] })).by).toEqual([
      'actor',
      'rule',
    ])
  })
})
