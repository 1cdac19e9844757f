import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Log, StoredRecord, TopicOptions } from '../../src/contracts.ts'
import { createSqliteLog } from '../../src/log/sqlite.ts'
import { systemClock } from '../../src/util/clock.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { keysOf, produce, storedKeys, take } from '../contract/log-setup.ts'
import { createRandom } from '../support/random.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { crashTopics, recordOf } from './crash-records.ts'

const never = new AbortController().signal

async function open(
  directory: string,
  topics: Readonly<Record<string, TopicOptions>> = crashTopics,
): Promise<Log> {
  const log = createSqliteLog({ directory, clock: systemClock, logger: silentLogger, topics })
  await log.start()
  return log
}

/** Lets the process append until `acknowledgements` are in and `delayMs` more, kills it, and returns what it acknowledged. */
async function runAndKill(
  directory: string,
  first: number,
  acknowledgements: number,
  delayMs: number,
): Promise<number[]> {
  const script = fileURLToPath(new URL('append-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const closed = once(child.stdout, 'close')
  let text = ''
  const enough = new Promise<void>((resolve) => {
    child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      if (text.split('\n').length > acknowledgements) resolve()
    })
  })
  await Promise.race([enough, exited])
  await wait(delayMs)
  child.kill('SIGKILL')
  const [code, signal] = await exited
  await closed
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' })
  return text.split('\n').slice(0, -1).map(Number)
}

async function storedRecords(log: Log, topic: string): Promise<readonly StoredRecord[]> {
  return log.browse(topic, { order: 'oldest', limit: 1_000_000 })
}

describe('a store whose process is killed', () => {
  it('has everything acknowledged, in order, once, and no half of anything', async () => {
    await using folder = await createTemporaryFolder('crash')
    const random = createRandom(20_260_101)
    const acknowledged: number[] = []
    let next = 0
    for (let kill = 0; kill < 10; kill++) {
      const count = Math.floor(random() * 60)
      acknowledged.push(...(await runAndKill(folder.path, next, count, random() * 30)))
      const log = await open(folder.path)
      const events = await storedRecords(log, 'events')
      expect(events.map(({ position }) => position.offset)).toEqual([...events.keys()])
      const stored = new Set(keysOf(events).map(Number))
      expect(acknowledged.filter((number) => !stored.has(number))).toEqual([])
      expect(stored.size).toBe(events.length)
      const changed = events.filter(
        ({ key, value }) => Buffer.compare(value, recordOf(Number(key)).value) !== 0,
      )
      expect(keysOf(changed)).toEqual([])

      expect(await storedKeys(log, 'twins')).toEqual(keysOf(events))
      const { cursors } = (await log.status()).find(({ topic }) => topic === 'events')!
      expect(await storedKeys(log, 'copies')).toEqual(keysOf(events.slice(0, cursors['copy'] ?? 0)))
      await log.stop(never)
      next = Math.max(-1, ...stored) + 1
    }
    expect(acknowledged.length).toBeGreaterThan(100)
  }, 300_000)
})

describe('a write-ahead log with a damaged end', () => {
  const topics = { events: crashTopics['events']! }
  const walOf = (directory: string): string => join(directory, 'log.sqlite-wal')

  /** Three acknowledged records and one more, as files at the moment of a power cut: `endBytes` is where the three end. */
  async function cutPower(parent: string): Promise<{ image: string; endBytes: number }> {
    const source = join(parent, 'source')
    const image = join(parent, 'image')
    const log = await open(source, topics)
    for (const key of ['a', 'b', 'c']) await log.append([produce('events', key)], never)
    const endBytes = (await stat(walOf(source))).size
    await log.append([produce('events', 'd')], never)
    await mkdir(image)
    await copyFile(join(source, 'log.sqlite'), join(image, 'log.sqlite'))
    await copyFile(walOf(source), walOf(image))
    await log.stop(never)
    return { image, endBytes }
  }

  async function keysIn(image: string): Promise<string[]> {
    const log = await open(image, topics)
    const keys = await storedKeys(log, 'events')
    await log.append([produce('events', 'later')], never)
    expect(await storedKeys(log, 'events')).toEqual([...keys, 'later'])
    await log.stop(never)
    return keys
  }

  it('keeps all before a torn transaction, and goes on', async () => {
    await using folder = await createTemporaryFolder('torn')
    const { image, endBytes } = await cutPower(folder.path)
    const { size } = await stat(walOf(image))
    expect(size).toBeGreaterThan(endBytes)
    await truncate(walOf(image), size - 100)
    expect(await keysIn(image)).toEqual(['a', 'b', 'c'])
  })

  it('keeps all before a tail of zeros, and goes on', async () => {
    await using folder = await createTemporaryFolder('zeros')
    const { image, endBytes } = await cutPower(folder.path)
    const { size } = await stat(walOf(image))
    await truncate(walOf(image), endBytes)
    await truncate(walOf(image), size)
    expect(await keysIn(image)).toEqual(['a', 'b', 'c'])
  })

  it('keeps everything when garbage follows', async () => {
    await using folder = await createTemporaryFolder('garbage')
    const { image } = await cutPower(folder.path)
    await writeFile(walOf(image), new Uint8Array(50_000).fill(0xa5), { flag: 'a' })
    expect(await keysIn(image)).toEqual(['a', 'b', 'c', 'd'])
  })
})

/** Opens the store after one byte of the text `bravobravo` in it has changed. */
async function openDamaged(
  directory: string,
  topics: Readonly<Record<string, TopicOptions>>,
  onDamaged: (topic: string, count: number) => void,
): Promise<Log> {
  const path = join(directory, 'log.sqlite')
  const bytes = await readFile(path)
  bytes[bytes.indexOf('bravobravo') + 20] = 0
  await writeFile(path, bytes)
  const common = { clock: systemClock, logger: silentLogger }
  const log = createSqliteLog({ ...common, directory, topics, onDamaged })
  await log.start()
  return log
}

describe('a stored record that was damaged', () => {
  it('is left out, counted and told, and its neighbours are served', async () => {
    await using folder = await createTemporaryFolder('damage')
    const topics = { events: crashTopics['events']! }
    const value = (text: string): Uint8Array => Buffer.from(text.repeat(2000))
    const records = ['alpha', 'bravo', 'gamma'].map((key) => ({ key, value: value(key) }))
    const first = await open(folder.path, topics)
    await first.append([{ topic: 'events', records }], never)
    await first.stop(never)
    const lost: unknown[] = []
    const log = await openDamaged(folder.path, topics, (...told) => lost.push(told))
    const limits = { maxRecords: 1, maxBytes: 1_000_000 }
    const deliveries = await take(log, { count: 2, limits, commit: true })
    expect(deliveries.flatMap((delivery) => keysOf(delivery.records))).toEqual(['alpha', 'gamma'])
    expect(await storedKeys(log, 'events')).toEqual(['alpha', 'gamma'])
    await expect.poll(() => lost).toEqual([['events', 1]])
    expect((await log.status())[0]?.cursors).toEqual({ detect: 3 })
    await log.stop(never)
  })

  it('is left out of the state of a group, and told', async () => {
    await using folder = await createTemporaryFolder('damage')
    const topics = { events: crashTopics['events']! }
    const save = (key: string) => ({ key, value: Buffer.from(key.repeat(2000)) })
    const first = await open(folder.path, topics)
    await first.append([{ topic: 'events', records: [save('a')] }], never)
    const [delivery] = await take(first, { count: 1 })
    await delivery!.commit([], ['alpha', 'bravo', 'gamma'].map(save))
    await first.stop(never)
    const lost: unknown[] = []
    const log = await openDamaged(folder.path, topics, (...told) => lost.push(told))
    expect(keysOf([...(await log.readState('events', 'detect', ''))])).toEqual(['alpha', 'gamma'])
    await expect.poll(() => lost).toEqual([['state', 1]])
    await log.stop(never)
  })
})
