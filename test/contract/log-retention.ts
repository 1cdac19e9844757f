import { describe, expect, it } from 'vitest'
import type { Produce } from '../../src/contracts.ts'
import {
  always,
  hourMs,
  keysOf,
  type MakeLog,
  oneByOne,
  produce,
  storedKeys,
  type TestedLog,
  take,
  topics,
} from './log-setup.ts'

/** What every log takes away, and says of it. */
export function testRetention(tested: TestedLog, makeLog: MakeLog): void {
  describe('retention', () => {
    it('takes records by age, and never uses their offsets again', async () => {
      const { log, clock } = tested
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
      const { log, clock } = tested
      await log.append([produce('events', 'a')], always)
      await take(log, { count: 1, commit: true })
      await clock.advance(hourMs + 1)
      await log.sweep()
      await log.append([produce('events', 'a')], always)
      expect(await storedKeys(log, 'events')).toEqual(['a'])
    })

    it('takes the oldest records by bytes, and says what a group has not read of them', async () => {
      const { log } = tested
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
      const { clock } = tested
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
      const { log, clock } = tested
      await log.append([produce('alerts', 'a', 'b')], always)
      const steps = log.read('alerts', 'chat', 'earliest', oneByOne, always)[Symbol.asyncIterator]()
      await steps.next()
      await clock.advance(hourMs + 1)
      await log.append([produce('alerts', 'c')], always)
      expect(await log.sweep()).toEqual({ alerts: 2 })
      expect(keysOf((await steps.next()).value.records)).toEqual(['c'])
      await steps.return?.()
    })

    it('keeps what a protected group has not read, and refuses more instead', async () => {
      const { log, clock } = tested
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
      const { log, clock } = tested
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
}
