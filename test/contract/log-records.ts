import { beforeEach, describe, expect, it } from 'vitest'
import { always, hourMs, keysOf, produce, storedKeys, type TestedLog } from './log-setup.ts'

/** What every log does with what is appended to it, and how it shows that. */
export function testRecords(tested: TestedLog): void {
  describe('append', () => {
    it('keeps records in order, with growing offsets and the time of their append', async () => {
      const { log, clock } = tested
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
      const { log } = tested
      const value = new Uint8Array([1, 2, 3])
      await log.append([{ topic: 'events', records: [{ key: 'a', value }] }], always)
      value.fill(9)
      const [record] = await log.browse('events', { order: 'oldest', limit: 1 })
      expect([...record!.value]).toEqual([1, 2, 3])
      expect(value.byteLength).toBe(3)
    })

    it('keeps an empty value', async () => {
      const { log } = tested
      const value = new Uint8Array()
      await log.append([{ topic: 'events', records: [{ key: 'a', value }] }], always)
      const [record] = await log.browse('events', { order: 'oldest', limit: 1 })
      expect(record!.value).toEqual(value)
    })

    it('stores records of several topics together or not at all', async () => {
      const { log } = tested
      await log.append([produce('events', 'a'), produce('alerts', 'b')], always)
      const partly = log.append([produce('events', 'c'), produce('nowhere', 'd')], always)
      await expect(partly).rejects.toMatchObject({ code: 'log.failed' })
      expect(await storedKeys(log, 'events')).toEqual(['a'])
      expect(await storedKeys(log, 'alerts')).toEqual(['b'])
    })

    it('stores a known key once where keys are unique, and gives it no offset', async () => {
      const { log } = tested
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
      const { log } = tested
      await log.append([produce('alerts', 'a', 'a')], always)
      await log.append([produce('alerts', 'a')], always)
      expect(await storedKeys(log, 'alerts')).toEqual(['a', 'a', 'a'])
    })

    it('stores nothing when its signal has aborted', async () => {
      const { log } = tested
      const append = log.append([produce('events', 'a')], AbortSignal.abort(new Error('enough')))
      await expect(append).rejects.toThrow('enough')
      expect(await storedKeys(log, 'events')).toEqual([])
    })

    it('never lets the time of records fall when the clock does', async () => {
      const { log, clock } = tested
      const startMs = clock.nowMs()
      await log.append([produce('events', 'a')], always)
      await clock.advance(-hourMs)
      await log.append([produce('events', 'b')], always)
      const records = await log.browse('events', { order: 'oldest', limit: 10 })
      expect(records.map((record) => record.appendedAtMs)).toEqual([startMs, startMs])
    })

    it('is refused after stop, and may be repeated elsewhere', async () => {
      const { log } = tested
      await log.stop(always)
      const append = log.append([produce('events', 'a')], always)
      await expect(append).rejects.toMatchObject({ code: 'log.failed', retryable: true })
    })
  })

  describe('browse', () => {
    beforeEach(async () => {
      const { log, clock } = tested
      for (const key of ['a', 'b', 'c', 'd']) {
        await log.append([produce('events', key)], always)
        await clock.advance(10)
      }
    })

    it('goes on behind an offset in both orders', async () => {
      const { log } = tested
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
      const { log, clock } = tested
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
      const { log } = tested
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
      const { log } = tested
      await log.append([produce('events', 'b:1', 'a:1', 'b:2', 'bb:1', 'b:3', 'b', 'B:1')], always)
      const begin = async (prefix: string, limit: number): Promise<string[]> =>
        keysOf(await log.findByPrefix('events', prefix, limit))
      expect(await begin('b:', 9)).toEqual(['b:1', 'b:2', 'b:3'])
      expect(await begin('b:', 2)).toEqual(['b:2', 'b:3'])
      expect(await begin('x', 9)).toEqual([])
    })

    it('refuses a topic whose keys are not unique', async () => {
      const { log } = tested
      await expect(log.find('alerts', ['a'])).rejects.toMatchObject({ code: 'log.failed' })
      const begin = log.findByPrefix('alerts', 'a', 1)
      await expect(begin).rejects.toMatchObject({ code: 'log.failed' })
    })
  })
}
