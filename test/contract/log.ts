import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Delivery, Log, Produce, StartAt, TopicOptions } from '../../src/contracts.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'

export interface LogUnderTest {
  readonly log: Log
  /** Ends the process, so to speak, and opens what it stored. */
  reopen(): Promise<Log>
  remove(): Promise<void>
}

export type MakeLog = (options: {
  readonly clock: FakeClock
  readonly topics: Readonly<Record<string, TopicOptions>>
}) => Promise<LogUnderTest>

const hourMs = 3_600_000
const always = new AbortController().signal
const allAtOnce = { maxRecords: 1000, maxBytes: 1_000_000 }
const oneByOne = { maxRecords: 1, maxBytes: 1_000_000 }

const topics: Readonly<Record<string, TopicOptions>> = {
  events: { uniqueKeys: true, maxAgeMs: hourMs, maxBytes: 1000, protectedGroups: ['detect'] },
  alerts: { uniqueKeys: false, maxAgeMs: hourMs, maxBytes: 1000, protectedGroups: [] },
}

export function produce(topic: string, ...keys: string[]): Produce {
  return { topic, records: keys.map((key) => ({ key, value: Buffer.from(`value of ${key}`) })) }
}

export function keysOf(records: readonly { readonly key: string }[]): string[] {
  return records.map(({ key }) => key)
}

/** What is stored in a topic, oldest first. */
export async function storedKeys(log: Log, topic: string): Promise<string[]> {
  return keysOf(await log.browse(topic, { order: 'oldest', limit: 10_000 }))
}

/** The next `count` deliveries of a group; commits them if told so, then leaves the group. */
export async function take(
  log: Log,
  options: {
    readonly count: number
    readonly topic?: string
    readonly group?: string
    readonly startAt?: StartAt
    readonly limits?: typeof allAtOnce
    readonly commit?: boolean
  },
): Promise<Delivery[]> {
  const { topic = 'events', group = 'detect', startAt = 'earliest', limits = oneByOne } = options
  const deliveries: Delivery[] = []
  for await (const delivery of log.read(topic, group, startAt, limits, always)) {
    deliveries.push(delivery)
    if (options.commit === true) await delivery.commit()
    if (deliveries.length === options.count) break
  }
  return deliveries
}

async function cursorOf(log: Log, group: string, topic = 'events'): Promise<number | undefined> {
  return (await log.status()).find((status) => status.topic === topic)?.cursors[group]
}

/** What every log does, whatever it is made of. One reader a group: a second is refused. */
export function logContract(name: string, makeLog: MakeLog): void {
  describe(`the log ${name}`, () => {
    let clock: FakeClock
    let made: LogUnderTest
    let log: Log

    beforeEach(async () => {
      clock = createFakeClock()
      made = await makeLog({ clock, topics })
      log = made.log
    })
    afterEach(() => made.remove())

    describe('append', () => {
      it('keeps records in order, with growing offsets and the time of their append', async () => {
        const startMs = clock.nowMs()
        await log.append([produce('events', 'a', 'b')], always)
        await clock.advance(5)
        await log.append([produce('events', 'c')], always)
        const records = await log.browse('events', { order: 'oldest', limit: 10 })
        expect(records).toEqual(
          ['a', 'b', 'c'].map((key, offset) => ({
            key,
            value: new Uint8Array(Buffer.from(`value of ${key}`)),
            position: { topic: 'events', partition: 0, offset },
            appendedAtMs: offset < 2 ? startMs : startMs + 5,
          })),
        )
      })

      it('leaves the bytes of the caller alone and keeps what they were', async () => {
        const value = new Uint8Array([1, 2, 3])
        await log.append([{ topic: 'events', records: [{ key: 'a', value }] }], always)
        value.fill(9)
        const [record] = await log.browse('events', { order: 'oldest', limit: 1 })
        expect([...record!.value]).toEqual([1, 2, 3])
        expect(value.byteLength).toBe(3)
      })

      it('keeps an empty value', async () => {
        const value = new Uint8Array()
        await log.append([{ topic: 'events', records: [{ key: 'a', value }] }], always)
        const [record] = await log.browse('events', { order: 'oldest', limit: 1 })
        expect(record!.value).toEqual(value)
      })

      it('stores records of several topics together or not at all', async () => {
        await log.append([produce('events', 'a'), produce('alerts', 'b')], always)
        const partly = log.append([produce('events', 'c'), produce('nowhere', 'd')], always)
        await expect(partly).rejects.toMatchObject({ code: 'log.failed' })
        expect(await storedKeys(log, 'events')).toEqual(['a'])
        expect(await storedKeys(log, 'alerts')).toEqual(['b'])
      })

      it('stores a known key once where keys are unique, and gives it no offset', async () => {
        await log.append([produce('events', 'a', 'b', 'a')], always)
        await log.append([produce('events', 'b', 'c')], always)
        const records = await log.browse('events', { order: 'oldest', limit: 10 })
        expect(records.map(({ key, position }) => [key, position.offset])).toEqual([
          ['a', 0],
          ['b', 1],
          ['c', 2],
        ])
      })

      it('stores a known key again where keys are not unique', async () => {
        await log.append([produce('alerts', 'a', 'a')], always)
        await log.append([produce('alerts', 'a')], always)
        expect(await storedKeys(log, 'alerts')).toEqual(['a', 'a', 'a'])
      })

      it('stores nothing when its signal has aborted', async () => {
        const append = log.append([produce('events', 'a')], AbortSignal.abort(new Error('enough')))
        await expect(append).rejects.toThrow('enough')
        expect(await storedKeys(log, 'events')).toEqual([])
      })

      it('never lets the time of records fall when the clock does', async () => {
        const startMs = clock.nowMs()
        await log.append([produce('events', 'a')], always)
        await clock.advance(-hourMs)
        await log.append([produce('events', 'b')], always)
        const records = await log.browse('events', { order: 'oldest', limit: 10 })
        expect(records.map((record) => record.appendedAtMs)).toEqual([startMs, startMs])
      })

      it('is refused after stop, and may be repeated elsewhere', async () => {
        await log.stop(always)
        const append = log.append([produce('events', 'a')], always)
        await expect(append).rejects.toMatchObject({ code: 'log.failed', retryable: true })
      })
    })

    describe('read', () => {
      it('gives as many records as the limits allow, and always one', async () => {
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
        const reading = take(log, { count: 2 })
        await log.append([produce('alerts', 'x')], always)
        await log.append([produce('events', 'a')], always)
        await log.append([produce('events', 'b')], always)
        expect((await reading).map(({ records }) => keysOf(records))).toEqual([['a'], ['b']])
      })

      it('gives the same records to every group', async () => {
        await log.append([produce('events', 'a', 'b')], always)
        for (const group of ['detect', 'archive']) {
          const [delivery] = await take(log, { count: 1, group, limits: allAtOnce, commit: true })
          expect(keysOf(delivery!.records)).toEqual(['a', 'b'])
        }
      })

      it('gives an uncommitted delivery again to the next reader of the group', async () => {
        await log.append([produce('events', 'a', 'b')], always)
        await take(log, { count: 1, commit: true })
        expect(keysOf((await take(log, { count: 1 }))[0]!.records)).toEqual(['b'])
        expect(keysOf((await take(log, { count: 1 }))[0]!.records)).toEqual(['b'])
      })

      it('refuses a second reader of a group until the first has left', async () => {
        await log.append([produce('events', 'a')], always)
        const first = log.read('events', 'detect', 'earliest', oneByOne, always)
        const steps = first[Symbol.asyncIterator]()
        await steps.next()
        await expect(take(log, { count: 1 })).rejects.toMatchObject({ code: 'log.failed' })
        await steps.return?.()
        expect(await take(log, { count: 1 })).toHaveLength(1)
      })

      it('frees the group when its signal aborts, even when nobody asks for more, and what is in hand may be committed until somebody takes over', async () => {
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
        const aborting = new AbortController()
        const reading = log.read('events', 'detect', 'earliest', oneByOne, aborting.signal)
        const next = reading[Symbol.asyncIterator]().next()
        await log.append([produce('alerts', 'a')], always)
        aborting.abort()
        expect(await next).toEqual({ done: true, value: undefined })
      })

      it('ends at once when its signal has aborted', async () => {
        await log.append([produce('events', 'a')], always)
        const reading = log.read('events', 'detect', 'earliest', oneByOne, AbortSignal.abort())
        expect(await reading[Symbol.asyncIterator]().next()).toEqual({
          done: true,
          value: undefined,
        })
        expect(await cursorOf(log, 'detect')).toBeUndefined()
      })

      it('ends without an error when the log stops, waiting or not', async () => {
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
        const reading = take(log, { count: 1, topic: 'nowhere' })
        await expect(reading).rejects.toMatchObject({ code: 'log.failed' })
      })
    })

    describe('commit', () => {
      it('covers earlier deliveries, and an earlier one does not take it back', async () => {
        await log.append([produce('events', 'a', 'b', 'c')], always)
        const [first, second] = await take(log, { count: 2 })
        await second!.commit()
        expect(await cursorOf(log, 'detect')).toBe(2)
        await first!.commit()
        expect(await cursorOf(log, 'detect')).toBe(2)
      })

      it('appends what was produced in the same step', async () => {
        await log.append([produce('events', 'a')], always)
        const [delivery] = await take(log, { count: 1 })
        await delivery!.commit([produce('alerts', 'x', 'y'), produce('events', 'b')])
        expect(await storedKeys(log, 'alerts')).toEqual(['x', 'y'])
        expect(await storedKeys(log, 'events')).toEqual(['a', 'b'])
        expect(await cursorOf(log, 'detect')).toBe(1)
      })

      it('moves no cursor when what was produced cannot be stored', async () => {
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
        const [delivery] = await take(log, { count: 1, group, startAt, limits: allAtOnce })
        return keysOf(delivery!.records)
      }

      it('is the earliest record, or the first one at or after a time', async () => {
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
        await log.append([produce('events', 'a')], always)
        const reading = begin('late', 'latest')
        await expect.poll(() => cursorOf(log, 'late')).toBe(1)
        await log.append([produce('events', 'b')], always)
        expect(await reading).toEqual(['b'])
        expect(await begin('late', 'latest')).toEqual(['b'])
      })

      it('is the cursor when there is one', async () => {
        await log.append([produce('events', 'a', 'b')], always)
        await take(log, { count: 1, group: 'one', commit: true })
        for (const startAt of ['earliest', 'latest', 'committed', { fromMs: 0 }] as const) {
          expect(await begin('one', startAt)).toEqual(['b'])
        }
      })
    })

    describe('replay', () => {
      beforeEach(async () => {
        await log.append([produce('events', 'a')], always)
        await clock.advance(10)
        await log.append([produce('events', 'b')], always)
        await clock.advance(10)
        await log.append([produce('events', 'c')], always)
      })

      it('sets a group to the first record at or after the time', async () => {
        const endMs = clock.nowMs()
        await take(log, { count: 3, commit: true })
        await log.replay('events', 'detect', endMs - 15)
        expect(await cursorOf(log, 'detect')).toBe(1)
        expect(keysOf((await take(log, { count: 1 }))[0]!.records)).toEqual(['b'])
        await log.replay('events', 'detect', endMs + 1)
        expect(await cursorOf(log, 'detect')).toBe(3)
      })

      it('sets back a reader at work, and what it had in hand moves the cursor no more', async () => {
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
        const reading = take(log, { count: 4, commit: true })
        await expect.poll(() => cursorOf(log, 'detect')).toBe(3)
        await log.replay('events', 'detect', clock.nowMs())
        expect(keysOf((await reading)[3]!.records)).toEqual(['c'])
      })
    })

    describe('browse', () => {
      beforeEach(async () => {
        for (const key of ['a', 'b', 'c', 'd']) {
          await log.append([produce('events', key)], always)
          await clock.advance(10)
        }
      })

      it('goes on behind an offset in both orders', async () => {
        const page = async (order: 'oldest' | 'newest', after?: number): Promise<string[]> =>
          keysOf(
            await log.browse('events', {
              order,
              limit: 2,
              ...(after === undefined ? {} : { after }),
            }),
          )
        expect(await page('oldest')).toEqual(['a', 'b'])
        expect(await page('oldest', 1)).toEqual(['c', 'd'])
        expect(await page('oldest', 3)).toEqual([])
        expect(await page('newest')).toEqual(['d', 'c'])
        expect(await page('newest', 2)).toEqual(['b', 'a'])
        expect(await page('newest', 0)).toEqual([])
      })

      it('keeps to times, from the first inclusive to the second exclusive', async () => {
        const startMs = clock.nowMs() - 40
        const between = async (fromMs: number, toMs: number): Promise<string[]> =>
          keysOf(await log.browse('events', { order: 'oldest', limit: 9, fromMs, toMs }))
        expect(await between(startMs + 10, startMs + 30)).toEqual(['b', 'c'])
        expect(await between(startMs + 11, startMs + 31)).toEqual(['c', 'd'])
        expect(await between(0, startMs)).toEqual([])
        expect(await between(startMs + 31, startMs + 99)).toEqual([])
        const newest = await log.browse('events', {
          order: 'newest',
          limit: 1,
          toMs: startMs + 20,
        })
        expect(keysOf(newest)).toEqual(['b'])
      })
    })

    describe('looking up keys', () => {
      it('finds the records that are there, oldest first, each once', async () => {
        await log.append([produce('events', 'b:1', 'a:1', 'b:2', 'c')], always)
        const found = await log.find('events', ['c', 'b:2', 'x', 'b:1', 'c', 'b'])
        expect(found.map(({ key, position }) => [key, position.offset])).toEqual([
          ['b:1', 0],
          ['b:2', 2],
          ['c', 3],
        ])
        expect(Buffer.from(found[0]!.value).toString()).toBe('value of b:1')
        expect(await log.find('events', [])).toEqual([])
      })

      it('finds the newest records whose keys begin alike, oldest of them first', async () => {
        await log.append(
          [produce('events', 'b:1', 'a:1', 'b:2', 'bb:1', 'b:3', 'b', 'B:1')],
          always,
        )
        const begin = async (prefix: string, limit: number): Promise<string[]> =>
          keysOf(await log.findByPrefix('events', prefix, limit))
        expect(await begin('b:', 9)).toEqual(['b:1', 'b:2', 'b:3'])
        expect(await begin('b:', 2)).toEqual(['b:2', 'b:3'])
        expect(await begin('x', 9)).toEqual([])
      })

      it('refuses a topic whose keys are not unique', async () => {
        await expect(log.find('alerts', ['a'])).rejects.toMatchObject({ code: 'log.failed' })
        const begin = log.findByPrefix('alerts', 'a', 1)
        await expect(begin).rejects.toMatchObject({ code: 'log.failed' })
      })
    })

    describe('retention', () => {
      it('takes records by age, and never uses their offsets again', async () => {
        const startMs = clock.nowMs()
        await log.append([produce('alerts', 'a', 'b')], always)
        await clock.advance(hourMs)
        expect(await log.sweep()).toEqual({})
        expect(await storedKeys(log, 'alerts')).toEqual(['a', 'b'])
        await clock.advance(1)
        expect(await log.sweep()).toEqual({})
        expect((await log.status())[0]).toEqual({
          topic: 'alerts',
          records: 0,
          bytes: 0,
          firstOffset: 2,
          nextOffset: 2,
          oldestAppendedAtMs: 0,
          cursors: {},
        })
        await log.append([produce('alerts', 'c')], always)
        expect((await log.status())[0]).toEqual({
          topic: 'alerts',
          records: 1,
          bytes: 'cvalue of c'.length,
          firstOffset: 2,
          nextOffset: 3,
          oldestAppendedAtMs: startMs + hourMs + 1,
          cursors: {},
        })
      })

      it('knows a key for as long as its record is kept', async () => {
        await log.append([produce('events', 'a')], always)
        await take(log, { count: 1, commit: true })
        await clock.advance(hourMs + 1)
        await log.sweep()
        await log.append([produce('events', 'a')], always)
        expect(await storedKeys(log, 'events')).toEqual(['a'])
      })

      it('takes the oldest records by bytes, and says what a group has not read of them', async () => {
        const large = (key: string): Produce => ({
          topic: 'alerts',
          records: [{ key, value: new Uint8Array(399) }],
        })
        await log.append([large('a'), large('b')], always)
        await take(log, { count: 1, topic: 'alerts', group: 'console', commit: true })
        await take(log, { count: 1, topic: 'alerts', group: 'chat' })
        await log.append([large('c')], always)
        expect(await storedKeys(log, 'alerts')).toEqual(['b', 'c'])
        await log.append([large('d')], always)
        expect(await storedKeys(log, 'alerts')).toEqual(['c', 'd'])
        expect(await log.sweep()).toEqual({ alerts: 2 })
        expect(await log.sweep()).toEqual({})
      })

      it('counts as lost what readers have not read, and nothing of groups that are none any more', async () => {
        const readers = ['console']
        const alerts = { ...topics['alerts']!, readers }
        const other = await makeLog({ clock, topics: { ...topics, alerts } })
        const { log } = other
        await log.append([produce('alerts', 'a', 'b', 'c')], always)
        await take(log, { count: 1, topic: 'alerts', group: 'chat', commit: true })
        await take(log, { count: 2, topic: 'alerts', group: 'console', commit: true })
        await clock.advance(hourMs + 1)
        expect(await log.sweep()).toEqual({ alerts: 1 })
        await other.remove()
      })

      it('goes on for a reader whose records were taken', async () => {
        await log.append([produce('alerts', 'a', 'b')], always)
        const steps = log
          .read('alerts', 'chat', 'earliest', oneByOne, always)
          [Symbol.asyncIterator]()
        await steps.next()
        await clock.advance(hourMs + 1)
        await log.append([produce('alerts', 'c')], always)
        expect(await log.sweep()).toEqual({ alerts: 2 })
        expect(keysOf((await steps.next()).value.records)).toEqual(['c'])
        await steps.return?.()
      })

      it('keeps what a protected group has not read, and refuses more instead', async () => {
        const large = (key: string): Produce => ({
          topic: 'events',
          records: [{ key, value: new Uint8Array(399) }],
        })
        await log.append([large('a'), large('b')], always)
        const refused = log.append([produce('alerts', 'x'), large('c')], always)
        await expect(refused).rejects.toMatchObject({
          code: 'log.full',
          retryable: true,
          retryAfterMs: 1000,
        })
        expect(await storedKeys(log, 'alerts')).toEqual([])
        await clock.advance(hourMs + 1)
        expect(await log.sweep()).toEqual({})
        expect(await storedKeys(log, 'events')).toEqual(['a', 'b'])

        await take(log, { count: 1, commit: true })
        await log.append([large('c')], always)
        expect(await log.sweep()).toEqual({})
        expect(await storedKeys(log, 'events')).toEqual(['b', 'c'])
      })

      it('takes many records in one sweep', async () => {
        const keys = Array.from({ length: 1000 }, (_, index) => String(index))
        await log.append(
          [{ topic: 'alerts', records: keys.map((key) => ({ key, value: new Uint8Array() })) }],
          always,
        )
        await clock.advance(hourMs + 1)
        await log.sweep()
        expect(await storedKeys(log, 'alerts')).toEqual([])
      })
    })
  })
}

/** What a log also does that outlives the process. */
export function durableLogContract(name: string, makeLog: MakeLog): void {
  describe(`the durable log ${name}`, () => {
    let clock: FakeClock
    let made: LogUnderTest

    beforeEach(async () => {
      clock = createFakeClock()
      made = await makeLog({ clock, topics })
    })
    afterEach(() => made.remove())

    it('has what was appended when it is opened again, and goes on behind it', async () => {
      await made.log.append([produce('events', 'a', 'b'), produce('alerts', 'x')], always)
      const before = await made.log.browse('events', { order: 'oldest', limit: 10 })
      const log = await made.reopen()
      expect(await log.browse('events', { order: 'oldest', limit: 10 })).toEqual(before)
      await log.append([produce('events', 'a', 'c')], always)
      expect(await storedKeys(log, 'events')).toEqual(['a', 'b', 'c'])
      expect(await storedKeys(log, 'alerts')).toEqual(['x'])
    })

    it('keeps cursors, and gives again what was not committed', async () => {
      await made.log.append([produce('events', 'a', 'b', 'c')], always)
      const [first] = await take(made.log, { count: 2 })
      await first!.commit([produce('alerts', 'x')])
      const log = await made.reopen()
      expect(keysOf((await take(log, { count: 1 }))[0]!.records)).toEqual(['b'])
      expect(await storedKeys(log, 'alerts')).toEqual(['x'])
    })

    it('remembers that a group began at the end', async () => {
      await made.log.append([produce('events', 'a')], always)
      const leaving = new AbortController()
      const reading = made.log.read('events', 'late', 'latest', oneByOne, leaving.signal)
      const next = reading[Symbol.asyncIterator]().next()
      await expect.poll(() => cursorOf(made.log, 'late')).toBe(1)
      leaving.abort()
      await next
      await made.log.append([produce('events', 'b')], always)
      const log = await made.reopen()
      const [delivery] = await take(log, { count: 1, group: 'late', startAt: 'latest' })
      expect(keysOf(delivery!.records)).toEqual(['b'])
    })

    it('never uses an offset again, and no time falls, after all records were taken', async () => {
      const startMs = clock.nowMs()
      await clock.advance(2 * hourMs)
      await made.log.append([produce('alerts', 'a', 'b')], always)
      await clock.advance(2 * hourMs)
      await made.log.sweep()
      await clock.advance(-4 * hourMs)
      const log = await made.reopen()
      await log.append([produce('alerts', 'c')], always)
      const [record] = await log.browse('alerts', { order: 'oldest', limit: 1 })
      expect(record!.position.offset).toBe(2)
      expect(record!.appendedAtMs).toBe(startMs + 2 * hourMs)
    })

    it('keeps its totals', async () => {
      await made.log.append([produce('events', 'a', 'b'), produce('alerts', 'x')], always)
      await take(made.log, { count: 1, commit: true })
      const before = await made.log.status()
      const log = await made.reopen()
      expect(await log.status()).toEqual(before)
    })
  })
}
