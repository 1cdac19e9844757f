import { describe, expect, inject, it } from 'vitest'
import type { Log, TopicOptions } from '../../../src/contracts.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { kafkaLog, newPrefix, storedKeys } from '../../support/kafka-log.ts'
import { keepAll } from '../../support/keep-all.ts'
import { type ProxiedKafka, startProxiedKafka } from '../../support/proxied-kafka.ts'

const broker = inject('kafka') ?? ''
const never = new AbortController().signal
const topics: Readonly<Record<string, TopicOptions>> = { events: keepAll }
const partitions = { events: 2 }

const append = (log: Log, key: string, partition: number): Promise<void> =>
  log.append([{ topic: 'events', records: [{ key, value: Buffer.from(key), partition }] }], never)

async function openLog(address: string, prefix: string): Promise<Log> {
  const log = kafkaLog({ broker: address, prefix, clock: systemClock, topics, partitions })
  await log.start()
  return log
}

async function withProxiedLog(
  action: (log: Log, own: ProxiedKafka, prefix: string) => Promise<void>,
): Promise<void> {
  await using own = await startProxiedKafka()
  const prefix = newPrefix()
  const log = await openLog(own.address, prefix)
  try {
    await action(log, own, prefix)
  } finally {
    await own.proxy.setFault({ kind: 'none' })
    await log.stop(AbortSignal.timeout(5000))
  }
}

describe.skipIf(broker === '')('what is appended to a log in Kafka', () => {
  it('is stored once when its sender was told to come back, and did, before the brokers were heard of again', () =>
    withProxiedLog(async (log, { proxy, directAddress }, prefix) => {
      await append(log, 'before', 0)
      await proxy.setFault({ kind: 'black-hole' })
      await expect(append(log, 'late', 0)).rejects.toMatchObject({
        code: 'log.failed',
        retryable: true,
      })
      const again = append(log, 'late', 0)
      await proxy.setFault({ kind: 'none' })
      await again
      expect(await storedKeys(directAddress, `${prefix}.events`, 0)).toEqual(['before', 'late'])
    }))

  it('is stored once when the answer of the broker was lost', () =>
    withProxiedLog(async (log, { proxy, directAddress }, prefix) => {
      await append(log, 'before', 0)
      await proxy.setFault({ kind: 'cut-after-bytes', bytes: 0, direction: 'down' })
      const appended = ['a', 'b', 'c'].map((key, place) => append(log, key, place % 2))
      await expect.poll(() => storedKeys(directAddress, `${prefix}.events`, 1)).toEqual(['b'])
      await proxy.setFault({ kind: 'none' })
      await Promise.all(appended)
      const [even, odd] = [0, 1].map((partition) =>
        storedKeys(directAddress, `${prefix}.events`, partition),
      )
      expect([await even, await odd]).toEqual([['before', 'a', 'c'], ['b']])
    }))

  it('is shown once when two processes have stored it', async () => {
    const prefix = newPrefix()
    const first = await openLog(broker, prefix)
    const second = await openLog(broker, prefix)
    await append(first, 'a', 1)
    await append(first, 'x', 0)
    await append(second, 'a', 1)
    await append(second, 'b', 1)
    expect(await storedKeys(broker, `${prefix}.events`, 1)).toEqual(['a', 'a', 'b'])
    // More than a process looks at when it starts.
    const later = Array.from({ length: 1200 }, (_, number) => `later-${number}`)
    await second.append(
      [
        {
          topic: 'events',
          records: later.map((key) => ({ key, value: Buffer.from(key), partition: 1 })),
        },
      ],
      never,
    )
    const third = await openLog(broker, prefix)
    const shown = []
    for (let after = -1; ; ) {
      const page = await third.browse('events', { order: 'oldest', limit: 2, after })
      if (page.length === 0) break
      shown.push(...page.map(({ key }) => key))
      after = page.at(-1)!.position.offset
    }
    expect(shown).toEqual(['x', 'a', 'b', ...later])
    for (const log of [first, second, third]) await log.stop(never)
  })
})
