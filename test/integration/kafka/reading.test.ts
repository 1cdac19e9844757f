import { afterEach, describe, expect, inject, it } from 'vitest'
import type { Delivery, Log, TopicOptions } from '../../../src/contracts.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { throwOut } from '../../support/kafka-group.ts'
import { kafkaLog, newPrefix } from '../../support/kafka-log.ts'
import { keepAll } from '../../support/keep-all.ts'

const broker = inject('kafka') ?? ''
const never = new AbortController().signal
const topics: Readonly<Record<string, TopicOptions>> = {
  events: keepAll,
  copies: { ...keepAll, uniqueKeys: false },
}
const two = { maxRecords: 2, maxBytes: 1_000_000 }

const open: Log[] = []
async function openLog(prefix: string, partitions: number): Promise<Log> {
  const common = { broker, prefix, clock: systemClock, topics }
  const log = kafkaLog({ ...common, partitions: { events: partitions } })
  await log.start()
  open.push(log)
  return log
}

async function append(log: Log, partition: number, ...keys: readonly string[]): Promise<void> {
  const records = keys.map((key) => ({ key, value: Buffer.from(key), partition }))
  await log.append([{ topic: 'events', records }], never)
}

function read(log: Log): AsyncIterator<Delivery> {
  return log.read('events', 'group', 'earliest', two, never)[Symbol.asyncIterator]()
}

async function next(reading: AsyncIterator<Delivery>): Promise<Delivery> {
  const { value, done } = await reading.next()
  if (done) throw new Error('the reading is over')
  return value
}

const keysOf = ({ records }: Delivery): readonly string[] => records.map(({ key }) => key)

describe.skipIf(broker === '')('reading as a member of a group', () => {
  afterEach(async () => {
    for (const log of open.splice(0)) await log.stop(AbortSignal.timeout(5000))
  })

  it('goes on from what is saved when it was overtaken with more in hand than it may fetch ahead', async () => {
    const prefix = newPrefix()
    const log = await openLog(prefix, 1)
    await append(log, 0, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
    const reading = read(log)
    const first = await next(reading)
    expect(keysOf(first)).toEqual(['a', 'b'])
    await first.commit()
    const second = await next(reading)
    expect(keysOf(second)).toEqual(['c', 'd'])
    // From another process, which takes the place over to do so.
    const other = await openLog(prefix, 1)
    await other.replay('events', 'group', 0)
    await second.commit()
    expect(keysOf(await next(reading))).toEqual(['a', 'b'])
  })

  it('begins anew for two processes that set it back one after the other', async () => {
    const prefix = newPrefix()
    const log = await openLog(prefix, 1)
    await append(log, 0, 'a', 'b', 'c')
    const reading = read(log)
    await (await next(reading)).commit()
    const other = await openLog(prefix, 1)
    await other.replay('events', 'group', 0)
    await log.replay('events', 'group', 0)
    const first = await next(reading)
    expect(keysOf(first)).toEqual(['a', 'b'])
    await first.commit()
    await other.replay('events', 'group', 0)
    await (await next(reading)).commit()
    expect(keysOf(await next(reading))).toEqual(['a', 'b'])
  })

  it('stores nothing of what it has in hand of a partition that it lost and was given again: that comes once more', async () => {
    const prefix = newPrefix()
    const log = await openLog(prefix, 1)
    await append(log, 0, 'a', 'b')
    const reading = read(log)
    const before = await next(reading)
    await throwOut(broker, `${prefix}.events.group`, `${prefix}.events`)
    const again = await next(reading)
    expect([keysOf(before), keysOf(again)]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
    expect(again.epoch).not.toBe(before.epoch)
    const copies = [
      { topic: 'copies', records: again.records.map(({ key, value }) => ({ key, value })) },
    ]
    await before.commit(copies)
    await again.commit(copies)
    const stored = await log.browse('copies', { order: 'oldest', limit: 10 })
    expect(stored.map(({ key }) => key)).toEqual(['a', 'b'])
  })

  it('stays a member while a delivery is in hand, and gives others their part meanwhile', async () => {
    const prefix = newPrefix()
    const log = await openLog(prefix, 2)
    await append(log, 0, 'a')
    await append(log, 1, 'b')
    const reading = read(log)
    const held = [await next(reading), await next(reading)]
    expect(held.flatMap(keysOf).toSorted()).toEqual(['a', 'b'])
    const other = await openLog(prefix, 2)
    const theirs = await next(read(other))
    const ours = held.find(({ partition }) => partition !== theirs.partition)!
    const lost = held.find(({ partition }) => partition === theirs.partition)!
    expect(keysOf(theirs)).toEqual(keysOf(lost))
    await theirs.commit()
    await lost.commit()
    await ours.commit()
    const status = await other.status()
    expect(status.find(({ topic }) => topic === 'events')?.cursors).toEqual({ group: 2 })
  })
})
