import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, it } from 'vitest'
import type { Log } from '../../../src/contracts.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { kafka } from '../../support/kafka.ts'
import { kafkaLog, newPrefix } from '../../support/kafka-log.ts'
import { startOwnServer } from '../../support/servers.ts'
import { copiedOf, copyEvents, copyTopics, startAppending } from './copying.ts'

const broker = inject('kafka')
const never = new AbortController().signal

async function openLog(address: string, prefix: string, partitions: number): Promise<Log> {
  const log = kafkaLog({
    broker: address,
    prefix,
    clock: systemClock,
    topics: copyTopics,
    partitions: { events: partitions },
  })
  await log.start()
  return log
}

async function keysIn(log: Log, topic: string): Promise<number[]> {
  const records = await log.browse(topic, { order: 'oldest', limit: 1_000_000 })
  return records.map(({ key }) => Number(key)).toSorted((a, b) => a - b)
}

/** Whatever of the records was acknowledged was copied once, and nothing twice. */
async function judge(log: Log, acknowledged: readonly number[], partitions: number): Promise<void> {
  const copies = await keysIn(log, 'copies')
  const isLost = new Set(acknowledged).difference(new Set(copies))
  expect([...isLost]).toEqual([])
  expect(copies.filter((key, place) => key === copies[place - 1])).toEqual([])
  const counts = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => copiedOf(log, partition)),
  )
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(copies.length)
}

async function untilCopied(log: Log, count: number): Promise<void> {
  await expect
    .poll(async () => (await keysIn(log, 'copies')).length, { timeout: 120_000, interval: 200 })
    .toBeGreaterThanOrEqual(count)
}

function spawnCopier(prefix: string, partitions: number): ChildProcess {
  const script = fileURLToPath(new URL('copy-process.ts', import.meta.url))
  return spawn(process.execPath, [script, broker ?? '', prefix, String(partitions)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

describe.skipIf(broker === null)('a log in Kafka', () => {
  it('loses nothing and doubles nothing when the broker is killed under load', async () => {
    const server = await startOwnServer(kafka)
    if (server === undefined) throw new Error('the environment names one, but none can be started')
    const log = await openLog(server.address, newPrefix(), 1)
    const stopping = new AbortController()
    const copying = copyEvents(log, stopping.signal)
    const load = startAppending(log, 1)
    const kills = 2
    try {
      for (let kill = 1; kill <= kills; kill++) {
        const before = load.acknowledged.length
        await expect
          .poll(() => load.acknowledged.length, { timeout: 60_000 })
          .toBeGreaterThan(before + 100)
        await server.kill9()
        await server.restart()
      }
      await load.stop()
      await untilCopied(log, new Set(load.acknowledged).size)
      stopping.abort()
      await copying
      await judge(log, load.acknowledged, 1)
      process.stdout.write(
        `${kills} kills of the broker: ${load.acknowledged.length} records, each once\n`,
      )
    } finally {
      stopping.abort()
      await log.stop(AbortSignal.timeout(5000))
      await server.stop()
    }
  }, 400_000)

  it('has every record copied once when readers are killed in the middle of their steps', async () => {
    const partitions = 4
    const prefix = newPrefix()
    const log = await openLog(broker ?? '', prefix, partitions)
    const load = startAppending(log, partitions, 3000)
    let copiers = [spawnCopier(prefix, partitions), spawnCopier(prefix, partitions)]
    try {
      for (let kill = 1; kill <= 4; kill++) {
        const [oldest, other] = copiers
        await untilCopied(log, kill * 300)
        oldest!.kill('SIGKILL')
        await once(oldest!, 'exit')
        copiers = [other!, spawnCopier(prefix, partitions)]
      }
      await load.stop()
      await untilCopied(log, load.acknowledged.length)
      for (const copier of copiers) copier.kill('SIGKILL')
      await judge(log, load.acknowledged, partitions)
      process.stdout.write(`4 kills of readers: ${load.acknowledged.length} records, each once\n`)
    } finally {
      for (const copier of copiers) copier.kill('SIGKILL')
      await log.stop(never)
    }
  }, 400_000)

  it('stores nothing of a reader that was thought dead and comes back', async () => {
    const prefix = newPrefix()
    const log = await openLog(broker ?? '', prefix, 1)
    const load = startAppending(log, 1, 2000)
    const sleeper = spawnCopier(prefix, 1)
    const stopping = new AbortController()
    try {
      await untilCopied(log, 50)
      sleeper.kill('SIGSTOP')
      const before = (await keysIn(log, 'copies')).length
      const copying = copyEvents(log, stopping.signal)
      await untilCopied(log, before + 100)
      sleeper.kill('SIGCONT')
      await load.stop()
      await untilCopied(log, load.acknowledged.length)
      stopping.abort()
      await copying
      await judge(log, load.acknowledged, 1)
    } finally {
      sleeper.kill('SIGKILL')
      stopping.abort()
      await log.stop(never)
    }
  }, 400_000)
})
