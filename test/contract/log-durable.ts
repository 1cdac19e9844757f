import { describe, expect, it } from 'vitest'
import {
  always,
  cursorOf,
  hourMs,
  keysOf,
  logOfTests,
  type MakeLog,
  oneByOne,
  produce,
  storedKeys,
  take,
} from './log-setup.ts'

/** What a log also does that outlives the process. */
export function durableLogContract(name: string, makeLog: MakeLog): void {
  describe(`the durable log ${name}`, () => {
    const tested = logOfTests(makeLog)

    it('has what was appended when it is opened again, and goes on behind it', async () => {
      const { made } = tested
      await made.log.append([produce('events', 'a', 'b'), produce('alerts', 'x')], always)
      const before = await made.log.browse('events', { order: 'oldest', limit: 10 })
      const log = await made.reopen()
      expect(await log.browse('events', { order: 'oldest', limit: 10 })).toEqual(before)
      await log.append([produce('events', 'a', 'c')], always)
      expect(await storedKeys(log, 'events')).toEqual(['a', 'b', 'c'])
      expect(await storedKeys(log, 'alerts')).toEqual(['x'])
    })

    it('keeps cursors, and gives again what was not committed', async () => {
      const { made } = tested
      await made.log.append([produce('events', 'a', 'b', 'c')], always)
      const [first] = await take(made.log, { count: 2 })
      await first!.commit([produce('alerts', 'x')])
      const log = await made.reopen()
      expect(keysOf((await take(log, { count: 1 }))[0]!.records)).toEqual(['b'])
      expect(await storedKeys(log, 'alerts')).toEqual(['x'])
    })

    it('remembers that a group began at the end', async () => {
      const { made } = tested
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
      const { clock, made } = tested
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
      const { made } = tested
      await made.log.append([produce('events', 'a', 'b'), produce('alerts', 'x')], always)
      await take(made.log, { count: 1, commit: true })
      const before = await made.log.status()
      const log = await made.reopen()
      expect(await log.status()).toEqual(before)
    })
  })
}
