import { beforeEach, describe, expect, it } from 'vitest'
import type { StartAt } from '../../src/contracts.ts'
import {
  allAtOnce,
  always,
  cursorOf,
  keysOf,
  oneByOne,
  produce,
  storedKeys,
  type TestedLog,
  take,
} from './log-setup.ts'

/** What every log does for those who read it in groups. */
export function testReading(tested: TestedLog): void {
  describe('read', () => {
    it('gives as many records as the limits allow, and always one', async () => {
      const { log } = tested
      await log.append([produce('events', 'a', 'b', 'c', 'd')], always)
      const bytesOfTwo = 2 * 'avalue of a'.length
      const byCount = await take(log, { count: 2, limits: { maxRecords: 3, maxBytes: 1e6 } })
      expect(byCount.map(({ records }) => keysOf(records))).toEqual([['a', 'b', 'c'], ['d']])
      const byBytes = await take(log, {
        count: 2,
        limits: { maxRecords: 9, maxBytes: bytesOfTwo },
      })
      expect(byBytes.map(({ records }) => keysOf(records))).toEqual([
        ['a', 'b'],
        ['c', 'd'],
      ])
      const tiny = await take(log, { count: 2, limits: { maxRecords: 9, maxBytes: 1 } })
      expect(tiny.map(({ records }) => keysOf(records))).toEqual([['a'], ['b']])
    })

    it('waits for records at the end', async () => {
      const { log } = tested
      const reading = take(log, { count: 2 })
      await log.append([produce('alerts', 'x')], always)
      await log.append([produce('events', 'a')], always)
      await log.append([produce('events', 'b')], always)
      expect((await reading).map(({ records }) => keysOf(records))).toEqual([['a'], ['b']])
    })

    it('gives the same records to every group', async () => {
      const { log } = tested
      await log.append([produce('events', 'a', 'b')], always)
      for (const group of ['detect', 'archive']) {
        const [delivery] = await take(log, { count: 1, group, limits: allAtOnce, commit: true })
        expect(keysOf(delivery!.records)).toEqual(['a', 'b'])
      }
    })

    it('gives an uncommitted delivery again to the next reader of the group', async () => {
      const { log } = tested
      await log.append([produce('events', 'a', 'b')], always)
      await take(log, { count: 1, commit: true })
      expect(keysOf((await take(log, { count: 1 }))[0]!.records)).toEqual(['b'])
      expect(keysOf((await take(log, { count: 1 }))[0]!.records)).toEqual(['b'])
    })

    it('refuses a second reader of a group until the first has left', async () => {
      const { log } = tested
      await log.append([produce('events', 'a')], always)
      const first = log.read('events', 'detect', 'earliest', oneByOne, always)
      const steps = first[Symbol.asyncIterator]()
      await steps.next()
      await expect(take(log, { count: 1 })).rejects.toMatchObject({ code: 'log.failed' })
      await steps.return?.()
      expect(await take(log, { count: 1 })).toHaveLength(1)
    })

    it('frees the group when its signal aborts, even when nobody asks for more, and what is in hand may be committed until somebody takes over', async () => {
      const { log } = tested
      await log.append([produce('events', 'a', 'b')], always)
      const aborting = new AbortController()
      const steps = log
        .read('events', 'detect', 'earliest', oneByOne, aborting.signal)
        [Symbol.asyncIterator]()
      const { value: delivery } = await steps.next()
      aborting.abort()
      await delivery.commit()
      expect(await cursorOf(log, 'detect')).toBe(1)
      const [next] = await take(log, { count: 1 })
      expect(keysOf(next!.records)).toEqual(['b'])
      expect(await steps.next()).toEqual({ done: true, value: undefined })
    })

    it('ends while it waits when its signal aborts', async () => {
      const { log } = tested
      const aborting = new AbortController()
      const reading = log.read('events', 'detect', 'earliest', oneByOne, aborting.signal)
      const next = reading[Symbol.asyncIterator]().next()
      await log.append([produce('alerts', 'a')], always)
      aborting.abort()
      expect(await next).toEqual({ done: true, value: undefined })
    })

    it('ends at once when its signal has aborted', async () => {
      const { log } = tested
      await log.append([produce('events', 'a')], always)
      const reading = log.read('events', 'detect', 'earliest', oneByOne, AbortSignal.abort())
      expect(await reading[Symbol.asyncIterator]().next()).toEqual({
        done: true,
        value: undefined,
      })
      expect(await cursorOf(log, 'detect')).toBeUndefined()
    })

    it('ends without an error when the log stops, waiting or not', async () => {
      const { log } = tested
      await log.append([produce('events', 'a')], always)
      const steps = ['detect', 'archive'].map((group) =>
        log.read('events', group, 'earliest', oneByOne, always)[Symbol.asyncIterator](),
      )
      await Promise.all(steps.map((step) => step.next()))
      const waiting = steps[0]!.next()
      await log.append([produce('alerts', 'a')], always)
      await log.stop(always)
      expect(await waiting).toEqual({ done: true, value: undefined })
      expect(await steps[1]!.next()).toEqual({ done: true, value: undefined })
    })

    it('refuses a topic that was not declared', async () => {
      const { log } = tested
      const reading = take(log, { count: 1, topic: 'nowhere' })
      await expect(reading).rejects.toMatchObject({ code: 'log.failed' })
    })
  })

  describe('commit', () => {
    it('covers earlier deliveries, and an earlier one does not take it back', async () => {
      const { log } = tested
      await log.append([produce('events', 'a', 'b', 'c')], always)
      const [first, second] = await take(log, { count: 2 })
      await second!.commit()
      expect(await cursorOf(log, 'detect')).toBe(2)
      await first!.commit()
      expect(await cursorOf(log, 'detect')).toBe(2)
    })

    it('appends what was produced in the same step', async () => {
      const { log } = tested
      await log.append([produce('events', 'a')], always)
      const [delivery] = await take(log, { count: 1 })
      await delivery!.commit([produce('alerts', 'x', 'y'), produce('events', 'b')])
      expect(await storedKeys(log, 'alerts')).toEqual(['x', 'y'])
      expect(await storedKeys(log, 'events')).toEqual(['a', 'b'])
      expect(await cursorOf(log, 'detect')).toBe(1)
    })

    it('moves no cursor when what was produced cannot be stored', async () => {
      const { log } = tested
      await log.append([produce('events', 'a')], always)
      const [delivery] = await take(log, { count: 1 })
      const commit = delivery!.commit([produce('alerts', 'x'), produce('nowhere', 'y')])
      await expect(commit).rejects.toMatchObject({ code: 'log.failed' })
      expect(await storedKeys(log, 'alerts')).toEqual([])
      expect(await cursorOf(log, 'detect')).toBe(0)
      await delivery!.commit([produce('alerts', 'x')])
      expect(await storedKeys(log, 'alerts')).toEqual(['x'])
      expect(await cursorOf(log, 'detect')).toBe(1)
    })
  })

  describe('the place where a group begins', () => {
    const begin = async (group: string, startAt: StartAt): Promise<string[]> => {
      const [delivery] = await take(tested.log, { count: 1, group, startAt, limits: allAtOnce })
      return keysOf(delivery!.records)
    }

    it('is the earliest record, or the first one at or after a time', async () => {
      const { log, clock } = tested
      const startMs = clock.nowMs()
      await log.append([produce('events', 'a')], always)
      await clock.advance(10)
      await log.append([produce('events', 'b')], always)
      await clock.advance(10)
      await log.append([produce('events', 'c')], always)
      expect(await begin('one', 'earliest')).toEqual(['a', 'b', 'c'])
      expect(await begin('two', 'committed')).toEqual(['a', 'b', 'c'])
      expect(await begin('three', { fromMs: startMs - 1 })).toEqual(['a', 'b', 'c'])
      expect(await begin('four', { fromMs: startMs + 10 })).toEqual(['b', 'c'])
      expect(await begin('five', { fromMs: startMs + 11 })).toEqual(['c'])
    })

    it('is the end when told so, and stays there until something is committed', async () => {
      const { log } = tested
      await log.append([produce('events', 'a')], always)
      const reading = begin('late', 'latest')
      await expect.poll(() => cursorOf(log, 'late')).toBe(1)
      await log.append([produce('events', 'b')], always)
      expect(await reading).toEqual(['b'])
      expect(await begin('late', 'latest')).toEqual(['b'])
    })

    it('is the cursor when there is one', async () => {
      const { log } = tested
      await log.append([produce('events', 'a', 'b')], always)
      await take(log, { count: 1, group: 'one', commit: true })
      for (const startAt of ['earliest', 'latest', 'committed', { fromMs: 0 }] as const) {
        expect(await begin('one', startAt)).toEqual(['b'])
      }
    })
  })

  describe('replay', () => {
    beforeEach(async () => {
      const { log, clock } = tested
      await log.append([produce('events', 'a')], always)
      await clock.advance(10)
      await log.append([produce('events', 'b')], always)
      await clock.advance(10)
      await log.append([produce('events', 'c')], always)
    })

    it('sets a group to the first record at or after the time', async () => {
      const { log, clock } = tested
      const endMs = clock.nowMs()
      await take(log, { count: 3, commit: true })
      await log.replay('events', 'detect', endMs - 15)
      expect(await cursorOf(log, 'detect')).toBe(1)
      expect(keysOf((await take(log, { count: 1 }))[0]!.records)).toEqual(['b'])
      await log.replay('events', 'detect', endMs + 1)
      expect(await cursorOf(log, 'detect')).toBe(3)
    })

    it('sets back a reader at work, and what it had in hand moves the cursor no more', async () => {
      const { log } = tested
      const steps = log
        .read('events', 'detect', 'earliest', oneByOne, always)
        [Symbol.asyncIterator]()
      const { value: first } = await steps.next()
      await first.commit()
      const { value: second } = await steps.next()
      await log.replay('events', 'detect', 0)
      await second.commit([produce('alerts', 'x')])
      expect(await cursorOf(log, 'detect')).toBe(0)
      expect(await storedKeys(log, 'alerts')).toEqual(['x'])
      const { value: again } = await steps.next()
      expect(keysOf(again.records)).toEqual(['a'])
      await again.commit()
      expect(await cursorOf(log, 'detect')).toBe(1)
      await steps.return?.()
    })

    it('wakes a reader that waits at the end', async () => {
      const { log, clock } = tested
      const reading = take(log, { count: 4, commit: true })
      await expect.poll(() => cursorOf(log, 'detect')).toBe(3)
      await log.replay('events', 'detect', clock.nowMs())
      expect(keysOf((await reading)[3]!.records)).toEqual(['c'])
    })
  })
}
