import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Delivery, Log, LogRecord, ReadLimits, StoredRecord } from '../../src/contracts.ts'
import { attachSqliteLog, createSqliteLog } from '../../src/log/sqlite.ts'
import { systemClock } from '../../src/util/clock.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { release } from '../../src/util/release.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const never = new AbortController().signal
const options = { uniqueKeys: true, maxAgeMs: 1e12, maxBytes: 1e12, protectedGroups: [] }
const limits = { maxRecords: 4, maxBytes: 1e9, follows: true }
const mebibyte = 1 << 20

/** A log, and the log of a reader as in another thread. */
async function open() {
  const folder = await createTemporaryFolder('fresh')
  const directory = folder.path
  const topics = { events: options }
  const log = createSqliteLog({ directory, clock: systemClock, logger: silentLogger, topics })
  const port = log.connect()
  await log.start()
  const reader = attachSqliteLog({ directory, port, clock: systemClock })
  await reader.start()
  return {
    log,
    reader,
    [Symbol.asyncDispose]: async () => {
      await reader.stop(never)
      await log.stop(never)
      await folder.remove()
    },
  }
}

function record(key: string, openedBytes?: number): LogRecord {
  const value = Buffer.from(`value of ${key}`)
  if (openedBytes === undefined) return { key, value }
  return { key, value, opened: new Uint8Array(openedBytes).fill(key.length) }
}

async function append(log: Log, ...records: readonly LogRecord[]): Promise<void> {
  await log.append([{ topic: 'events', records }], never)
}

function follow(log: Log, wanted: ReadLimits = limits, group = 'detect') {
  const ending = new AbortController()
  const reading = log.read('events', group, 'earliest', wanted, ending.signal)
  const deliveries = reading[Symbol.asyncIterator]()
  return {
    next: async (): Promise<Delivery> => {
      const { value } = await deliveries.next()
      return value as Delivery // It does not end before its signal.
    },
    leave: async (): Promise<void> => {
      ending.abort()
      await deliveries.next()
    },
  }
}

function shown({ key, value, position, appendedAtMs }: StoredRecord) {
  return { key, value: Buffer.from(value).toString(), offset: position.offset, appendedAtMs }
}

async function stored(log: Log) {
  return (await log.browse('events', { order: 'oldest', limit: 1e6 })).map(shown)
}

describe('a reader that follows', () => {
  it('gets what is appended while it waits as the store has it, and opened', async () => {
    await using logs = await open()
    const { next } = follow(logs.reader)
    await append(logs.log, record('before', 10))
    await next()
    const waiting = next()
    const sent = record('a', 3)
    await append(logs.log, sent)
    const { records } = await waiting
    expect(sent.opened?.byteLength).toBe(0)
    expect(records.map(({ opened }) => opened)).toEqual([new Uint8Array([1, 1, 1])])
    expect(records.map(shown)).toEqual((await stored(logs.log)).slice(1))
  })

  it('gets nothing opened that was known already, and nothing that it does not follow', async () => {
    await using logs = await open()
    const plain = follow(logs.reader, { maxRecords: 9, maxBytes: 1e9 })
    const waiting = plain.next()
    await append(logs.log, record('a', 3))
    await append(logs.log, record('a', 3), record('b', 3))
    const read = [...(await waiting).records]
    while (read.length < 2) read.push(...(await plain.next()).records)
    expect(read.map(({ key, opened }) => [key, opened])).toEqual([
      ['a', undefined],
      ['b', undefined],
    ])
  })

  it('is followed by the next one in its group', async () => {
    await using logs = await open()
    const first = follow(logs.reader)
    const waiting = first.next()
    await append(logs.log, record('a', 3))
    await (await waiting).commit()
    await first.leave()
    await append(logs.log, record('b', 3))
    const second = follow(logs.reader)
    expect((await second.next()).records.map(({ key, opened }) => [key, opened])).toEqual([
      ['b', undefined],
    ])
    const next = second.next()
    await append(logs.log, record('c', 3))
    expect((await next).records.map(({ key, opened }) => [key, opened?.length])).toEqual([['c', 3]])
  })

  it('gets all opened for as long as it keeps up, also where it gives the memory up itself', async () => {
    await using logs = await open()
    const { next } = follow(logs.reader)
    await append(logs.log, record('before', 1))
    await next()
    for (let i = 0; i < 40; i++) {
      const waiting = next()
      await append(logs.log, record(`${i}`, mebibyte))
      const [got] = (await waiting).records
      expect(got?.opened?.length).toBe(mebibyte)
      release(got!.opened!)
    }
  })

  it('that falls behind holds no more than its room, reads the rest from the store, and comes up again', async () => {
    await using logs = await open()
    const { next } = follow(logs.reader)
    await append(logs.log, record('before', 1))
    await next()
    for (let i = 0; i < 20; i++) await append(logs.log, record(`${i}`, mebibyte))
    const read: StoredRecord[] = []
    while (read.length < 20) read.push(...(await next()).records)
    expect(read.filter(({ opened }) => opened !== undefined)).toHaveLength(8)
    expect(read.map(shown)).toEqual((await stored(logs.log)).slice(1))
    const waiting = next()
    await append(logs.log, record('last', 5 * mebibyte))
    expect((await waiting).records.map(({ opened }) => opened?.length)).toEqual([5 * mebibyte])
  })

  it('reads what the store has, in its order, whatever is appended and replayed meanwhile', async () => {
    const batch = fc.array(
      fc.record({ key: fc.nat(30), opened: fc.option(fc.constantFrom(1, mebibyte, 5 * mebibyte)) }),
      { minLength: 1, maxLength: 5 },
    )
    const steps = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: batch.map((records) => ({ kind: 'append' as const, records })) },
        { weight: 4, arbitrary: fc.constant({ kind: 'read' as const }) },
        { weight: 1, arbitrary: fc.constant({ kind: 'replay' as const }) },
      ),
      { maxLength: 20 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        await using logs = await open()
        const { next } = follow(logs.reader)
        await append(logs.log, record('first', 1))
        let read = [...(await next()).records]
        let epoch = 0
        const readOn = async (): Promise<void> => {
          const delivery = await next()
          if (delivery.epoch !== epoch) read = []
          epoch = delivery.epoch
          read.push(...delivery.records)
        }
        for (const step of all) {
          if (step.kind === 'append') {
            const records = step.records.map(({ key, opened }) =>
              record(`${key}`, opened ?? undefined),
            )
            await append(logs.log, ...records)
          } else if (step.kind === 'replay') {
            await logs.log.replay('events', 'detect', 0)
            do await readOn()
            while (read[0]?.position.offset !== 0)
          } else if (read.length < (await stored(logs.log)).length) await readOn()
        }
        const expected = await stored(logs.log)
        while (read.length < expected.length) await readOn()
        expect(read.map(shown)).toEqual(expected)
      }),
      { numRuns: 15 },
    )
  })
})
