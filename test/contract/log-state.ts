import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Delivery, Log, StateChange, TopicOptions } from '../../src/contracts.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { type LogUnderTest, type MakeLog, produce, storedKeys, take } from './log-setup.ts'

const always = new AbortController().signal
const unlimited = { maxAgeMs: 3_600_000, maxBytes: 1e9, protectedGroups: [] }
const topics: Readonly<Record<string, TopicOptions>> = {
  events: { uniqueKeys: true, ...unlimited },
  alerts: { uniqueKeys: true, ...unlimited },
}

function save(key: string, text: string): StateChange {
  return { key, value: Buffer.from(text) }
}

function forget(key: string): StateChange {
  return { key, value: undefined }
}

/** What a group remembers, as text by key. */
export async function stateOf(
  log: Log,
  { group = 'detect', prefix = '' } = {},
): Promise<Record<string, string>> {
  const records = await log.readState('events', group, prefix)
  return Object.fromEntries([...records].map(({ key, value }) => [key, `${Buffer.from(value)}`]))
}

/** What every log does with the state of its groups. */
export function logStateContract(name: string, makeLog: MakeLog): void {
  describe(`the state of a group in the log ${name}`, () => {
    let clock: FakeClock
    let made: LogUnderTest
    let log: Log

    beforeEach(async () => {
      clock = createFakeClock()
      made = await makeLog({ clock, topics })
      log = made.log
      await log.append([produce('events', 'a', 'b', 'c')], always)
    })
    afterEach(() => made.remove())

    const deliveries = (count: number, group = 'detect'): Promise<Delivery[]> =>
      take(log, { count, group })

    it('is none before something is saved', async () => {
      expect(await stateOf(log)).toEqual({})
      await (await deliveries(1))[0]!.commit()
      expect(await stateOf(log)).toEqual({})
    })

    it('is saved with the cursor and what was produced', async () => {
      const [first] = await deliveries(1)
      await first!.commit([produce('alerts', 'x')], [save('window/1', 'one'), save('w/2', '')])
      expect(await stateOf(log)).toEqual({ 'window/1': 'one', 'w/2': '' })
      expect(await storedKeys(log, 'alerts')).toEqual(['x'])
      expect((await deliveries(1))[0]!.records[0]!.key).toBe('b')
    })

    it('holds the last value of each key, and not those that went', async () => {
      const [first, second] = await deliveries(2)
      await first!.commit([], [save('1', 'old'), save('2', 'stays'), save('3', 'goes')])
      await second!.commit([], [save('1', 'new'), forget('3'), forget('never there')])
      expect(await stateOf(log)).toEqual({ 1: 'new', 2: 'stays' })
    })

    it('takes the changes of one commit in their order', async () => {
      const [first] = await deliveries(1)
      await first!.commit(
        [],
        [save('1', 'a'), forget('1'), save('1', 'b'), save('2', 'a'), forget('2')],
      )
      expect(await stateOf(log)).toEqual({ 1: 'b' })
    })

    it('is read by prefix, in the order of the keys', async () => {
      const keys = ['b/ä', 'a/2', 'b', 'b/2', 'b/10', 'ba', 'b/😀', 'b/\uffff']
      await (await deliveries(1))[0]!.commit(
        [],
        keys.map((key) => save(key, key)),
      )
      expect(Object.keys(await stateOf(log, { prefix: 'b/' }))).toEqual([
        'b/10',
        'b/2',
        'b/ä',
        'b/\uffff',
        'b/😀',
      ])
      expect(await stateOf(log, { prefix: 'c' })).toEqual({})
    })

    it('may be large', async () => {
      const many = Array.from({ length: 2500 }, (_, index) => save(`many/${index}`, `${index}`))
      const large = { key: 'large', value: new Uint8Array(3_000_000).fill(7) }
      await (await deliveries(1))[0]!.commit([], [...many, large])
      expect(Object.keys(await stateOf(log, { prefix: 'many/' }))).toHaveLength(2500)
      const [record] = await log.readState('events', 'detect', 'large')
      expect(Buffer.compare(record!.value, large.value)).toBe(0)
    })

    it('leaves the bytes of the caller alone and keeps what they were', async () => {
      const value = new Uint8Array([1, 2, 3])
      await (await deliveries(1))[0]!.commit([], [{ key: '1', value }])
      value.fill(9)
      const [record] = await log.readState('events', 'detect', '')
      expect([...record!.value]).toEqual([1, 2, 3])
    })

    it('belongs to its group', async () => {
      await (await deliveries(1))[0]!.commit([], [save('1', 'of detect')])
      await (await deliveries(1, 'other'))[0]!.commit([], [save('1', 'of other')])
      await log.replay('events', 'other', 0)
      expect(await stateOf(log)).toEqual({ 1: 'of detect' })
      expect(await stateOf(log, { group: 'other' })).toEqual({})
    })

    it('is not saved when what was produced cannot be stored', async () => {
      const [first] = await deliveries(1)
      const commit = first!.commit([produce('nowhere', 'x')], [save('1', 'one')])
      await expect(commit).rejects.toMatchObject({ code: 'log.failed' })
      expect(await stateOf(log)).toEqual({})
    })

    it('may be saved again at the same position', async () => {
      const [first] = await deliveries(1)
      await first!.commit([], [save('1', 'one')])
      await first!.commit([produce('alerts', 'x')], [save('1', 'two'), save('2', 'two')])
      expect(await stateOf(log)).toEqual({ 1: 'two', 2: 'two' })
      expect(await storedKeys(log, 'alerts')).toEqual(['x'])
    })

    it('is refused at a position before the one it is true of', async () => {
      const [first, second] = await deliveries(2)
      await second!.commit([], [save('1', 'two')])
      const late = first!.commit([produce('alerts', 'x')], [save('1', 'one')])
      await expect(late).rejects.toMatchObject({ code: 'log.failed' })
      expect(await stateOf(log)).toEqual({ 1: 'two' })
      expect(await storedKeys(log, 'alerts')).toEqual([])
    })

    it('goes with a replay, and what was in hand saves none any more', async () => {
      const steps = log
        .read('events', 'detect', 'earliest', { maxRecords: 1, maxBytes: 1e6 }, always)
        [Symbol.asyncIterator]()
      const { value: first } = await steps.next()
      await first.commit([], [save('1', 'one')])
      const { value: second } = await steps.next()
      await log.replay('events', 'detect', 0)
      expect(await stateOf(log)).toEqual({})
      await second.commit([produce('alerts', 'x')], [save('2', 'two')])
      expect(await stateOf(log)).toEqual({})
      expect(await storedKeys(log, 'alerts')).toEqual(['x'])

      const { value: again } = await steps.next()
      expect(again.records[0].key).toBe('a')
      expect(again.epoch).not.toBe(first.epoch)
      await again.commit([], [save('1', 'anew')])
      expect(await stateOf(log)).toEqual({ 1: 'anew' })
      await steps.return?.()
    })

    it('is of one epoch for as long as nobody replays', async () => {
      const before = await deliveries(2)
      await before[1]!.commit()
      const after = await deliveries(1)
      expect(new Set([...before, ...after].map(({ epoch }) => epoch)).size).toBe(1)
    })

    it('is refused for a topic that was not declared', async () => {
      await expect(log.readState('nowhere', 'detect', '')).rejects.toMatchObject({
        code: 'log.failed',
      })
    })
  })

  describe(`an idle reader of the log ${name}`, () => {
    it('gets an empty delivery each time that nothing came for so long, and can commit with it', async () => {
      const clock = createFakeClock()
      const made = await makeLog({ clock, topics })
      try {
        const { log } = made
        await log.append([produce('events', 'a')], always)
        const limits = { maxRecords: 9, maxBytes: 1e6, idleAfterMs: 100 }
        const steps = log
          .read('events', 'detect', 'earliest', limits, always)
          [Symbol.asyncIterator]()
        expect((await steps.next()).value.records).toHaveLength(1)
        for (const number of [1, 2]) {
          const next = steps.next()
          await expect.poll(() => clock.sleepers).toBeGreaterThan(0)
          await clock.advance(100)
          const { value: idle } = await next
          expect(idle.records).toEqual([])
          await idle.commit([produce('alerts', `${number}`)], [save('tick', `${number}`)])
        }
        expect(await stateOf(log)).toEqual({ tick: '2' })
        expect(await storedKeys(log, 'alerts')).toEqual(['1', '2'])
        const next = steps.next()
        await log.append([produce('events', 'b')], always)
        expect((await next).value.records[0].key).toBe('b')
        await steps.return?.()
      } finally {
        await made.remove()
      }
    })
  })
}

/** What a log that outlives the process also does with state. */
export function durableLogStateContract(name: string, makeLog: MakeLog): void {
  describe(`the state of a group in the durable log ${name}`, () => {
    it('is there when the log is opened again, at the position that it is true of', async () => {
      const made = await makeLog({ clock: createFakeClock(), topics })
      try {
        await made.log.append([produce('events', 'a', 'b', 'c')], always)
        const [first, second] = await take(made.log, { count: 2 })
        await first!.commit([], [save('1', 'one'), save('2', 'two')])
        await second!.commit([produce('alerts', 'x')], [save('1', 'new'), forget('2')])
        const log = await made.reopen()
        expect(await stateOf(log)).toEqual({ 1: 'new' })
        expect((await take(log, { count: 1 }))[0]!.records[0]!.key).toBe('c')
      } finally {
        await made.remove()
      }
    })
  })
}
