import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runDetection } from '../../src/app/detection.ts'
import type { CompiledRules } from '../../src/app/rule-set.ts'
import { packBatch } from '../../src/audit/batch.ts'
import { splitBody } from '../../src/audit/split.ts'
import type { Alert, Clock, Log, LogRecord } from '../../src/contracts.ts'
import { createMemoryLog } from '../../src/log/memory.ts'
import { formatTimeUs } from '../../src/util/time.ts'
import { pack } from '../../src/util/zstd.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { keepAll } from '../support/keep-all.ts'
import { countingRules } from './counting-rules.ts'

const topics = { events: keepAll, alerts: keepAll, rejected: keepAll }
const always = new AbortController().signal
const startUs = 1_767_225_600_000_000

interface Get {
  readonly actor: string
  readonly number: number
  readonly atS: number
}

async function recordOf(key: string, gets: readonly Get[], cluster = 'prod'): Promise<LogRecord> {
  const items = gets.map(({ actor, number, atS }) =>
    JSON.stringify({
      auditID: `${number}`,
      stage: 'ResponseComplete',
      verb: 'get',
      user: { username: actor },
      stageTimestamp: formatTimeUs(startUs + atS * 1_000_000),
    }),
  )
  const split = splitBody(Buffer.from(items.join('\n')))
  return { key, value: await pack(packBatch({ cluster, sender: '192.0.2.1', ...split })) }
}

function gets(actor: string, ...times: readonly number[]): Get[] {
  return times.map((atS) => ({ actor, number: atS, atS }))
}

function open(): { readonly clock: FakeClock; readonly log: Log } {
  const clock = createFakeClock()
  return { clock, log: createMemoryLog({ clock, topics }) }
}

async function append(
  log: Log,
  ...records: readonly (LogRecord | Promise<LogRecord>)[]
): Promise<void> {
  await log.append([{ topic: 'events', records: await Promise.all(records) }], always)
}

async function alertsIn(log: Log): Promise<string[]> {
  const records = await log.browse('alerts', { order: 'oldest', limit: 10_000 })
  return records.map(({ value }) => {
    const { actor, revision, status, count } = JSON.parse(Buffer.from(value).toString()) as Alert
    return `${actor} ${revision} ${status} ${count}`
  })
}

/** Detection at work on a log, until it is disposed of. */
function detect(log: Log, clock: Clock, rules: () => CompiledRules) {
  const stopping = new AbortController()
  let taken = 0
  const observe = (): void => void taken++
  const done = runDetection(
    {
      log,
      clock,
      rules,
      count: () => undefined,
      observe,
      gauge: () => undefined,
      onStateDropped: () => undefined,
    },
    stopping.signal,
  )
  done.catch(() => undefined) // Whoever waits for it is told.
  return {
    done,
    /** Records that were evaluated. */
    taken: () => taken,
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await done.catch(() => undefined)
    },
  }
}

async function cursorOf(log: Log): Promise<number | undefined> {
  return (await log.status()).find(({ topic }) => topic === 'events')?.cursors['detect']
}

async function stateKeys(log: Log): Promise<string[]> {
  return [...(await log.readState('events', 'detect', 'episode/'))].map(({ key }) => key)
}

/** Lets so much time pass for whoever waits. */
async function idle(clock: FakeClock, ms: number): Promise<void> {
  await expect.poll(() => clock.sleepers).toBeGreaterThan(0)
  await clock.advance(ms)
}

describe('detection', () => {
  it('stores an alert at once, and saves what it remembers with the cursor when nothing comes', async () => {
    const { clock, log } = open()
    const rules = countingRules()
    await using _running = detect(log, clock, () => rules)
    await append(log, recordOf('a', gets('alice', 1, 2, 3)))
    await expect.poll(() => alertsIn(log)).toEqual(['alice 1 open 3'])
    expect(await cursorOf(log)).toBe(0)
    expect(await stateKeys(log)).toEqual([])
    await idle(clock, 250)
    await expect.poll(() => cursorOf(log)).toBe(1)
    expect(await stateKeys(log)).toEqual(['episode/alice'])
  })

  it('keeps a stored batch that it cannot open among the rejected, and goes on behind it', async () => {
    const { clock, log } = open()
    const rules = countingRules()
    await using _running = detect(log, clock, () => rules)
    const unreadable = { key: 'u', value: Buffer.from('no frame') }
    await append(log, unreadable, recordOf('a', gets('alice', 1, 2, 3)))
    await expect.poll(() => alertsIn(log)).toEqual(['alice 1 open 3'])
    const rejected = await log.browse('rejected', { order: 'oldest', limit: 10 })
    expect(rejected.map(({ value }) => JSON.parse(Buffer.from(value).toString()))).toEqual([
      {
        schema: 'kubewitness.rejected/v1',
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        cluster: '',
        receivedAt: '2026-01-01T00:00:00.000Z',
        reason: 'unreadable_batch',
        message: 'Unknown frame descriptor',
        offset: 0,
        bytes: 8,
        sha256: createHash('sha256').update('no frame').digest('hex'),
        excerpt: '',
      },
    ])
  })

  it('saves at least once a second when something always comes', async () => {
    const { clock, log } = open()
    const rules = countingRules()
    await using running = detect(log, clock, () => rules)
    for (const second of [1, 2, 3, 4]) {
      await append(log, recordOf(`${second}`, gets('alice', second)))
      await expect.poll(running.taken).toBe(second)
      await clock.advance(240)
    }
    expect(await cursorOf(log)).toBe(0)
    await append(log, recordOf('x', gets('bob', 4)))
    await expect.poll(running.taken).toBe(5)
    await clock.advance(240)
    await append(log, recordOf('5', gets('bob', 5)))
    await expect.poll(() => cursorOf(log)).toBe(6)
    expect(await stateKeys(log)).toEqual(['episode/alice', 'episode/bob'])
  })

  it('saves what it has when it is stopped, and goes on from there', async () => {
    const { clock, log } = open()
    const rules = countingRules()
    const records = [await recordOf('a', gets('alice', 1, 2)), await recordOf('b', gets('bob', 1))]
    {
      await using _running = detect(log, clock, () => rules)
      await log.append([{ topic: 'events', records }], always)
      await expect.poll(async () => (await log.status())[1]?.nextOffset).toBe(2)
      await clock.advance(0)
    }
    expect(await cursorOf(log)).toBe(2)
    await using _running = detect(log, clock, () => rules)
    await append(log, recordOf('c', gets('alice', 2, 3)))
    await expect.poll(() => alertsIn(log)).toEqual(['alice 1 open 3'])
  })

  it('saves what comes after a pause in one step with the time that has passed', async () => {
    const { clock, log } = open()
    const rules = countingRules()
    await using running = detect(log, clock, () => rules)
    await idle(clock, 250)
    await expect.poll(() => clock.sleepers).toBeGreaterThan(0)
    await append(log, recordOf('a', gets('alice', 1, 2, 3)))
    await expect.poll(running.taken).toBe(1)
    expect(await cursorOf(log)).toBe(1)
    expect(await alertsIn(log)).toEqual(['alice 1 open 3'])
  })

  it('closes what waits for time to pass when nothing comes', async () => {
    const { clock, log } = open()
    const rules = countingRules()
    await using _running = detect(log, clock, () => rules)
    await append(log, recordOf('a', gets('alice', 1, 2, 3)))
    await expect.poll(() => alertsIn(log)).toEqual(['alice 1 open 3'])
    for (let step = 0; step < 44; step++) await idle(clock, 250)
    await expect.poll(() => alertsIn(log)).toEqual(['alice 1 open 3', 'alice 2 closed 3'])
    await expect.poll(() => stateKeys(log)).toEqual([])
  })

  it('takes no time in which it was not there for time that passed', async () => {
    const { clock, log } = open()
    const rules = countingRules()
    {
      await using _running = detect(log, clock, () => rules)
      await append(log, recordOf('a', gets('alice', 1, 2, 3)))
      await expect.poll(() => alertsIn(log)).toEqual(['alice 1 open 3'])
    }
    await clock.advance(3_600_000)
    await using _running = detect(log, clock, () => rules)
    await idle(clock, 250)
    await append(log, recordOf('b', gets('alice', 4)))
    await expect.poll(() => alertsIn(log)).toEqual(['alice 1 open 3', 'alice 2 updated 4'])
  })

  it('hears from a busy cluster how much time passes for a silent one', async () => {
    const { clock, log } = open()
    const rules = countingRules()
    await using _running = detect(log, clock, () => rules)
    await append(log, recordOf('a', gets('alice', 1, 2, 3)))
    for (let second = 1; second <= 12; second++) {
      await clock.advance(1000)
      const record = await recordOf(`${second}`, gets(`actor ${second}`, 0), 'other')
      await append(log, record)
    }
    await expect.poll(() => alertsIn(log)).toContain('alice 2 closed 3')
  })

  it('begins with nothing after a replay', async () => {
    const { clock, log } = open()
    const rules = countingRules()
    await using _running = detect(log, clock, () => rules)
    await append(log, recordOf('a', gets('alice', 1, 2)))
    await clock.advance(10)
    const laterMs = clock.nowMs()
    await append(log, recordOf('b', gets('bob', 3)))
    await idle(clock, 250)
    await expect.poll(() => stateKeys(log)).toEqual(['episode/alice', 'episode/bob'])
    await log.replay('events', 'detect', laterMs)
    await idle(clock, 250)
    await expect.poll(() => cursorOf(log)).toBe(2)
    expect(await stateKeys(log)).toEqual(['episode/bob'])
  })

  it('hands what it remembers to new rules', async () => {
    const { clock, log } = open()
    let rules = countingRules()
    await using _running = detect(log, clock, () => rules)
    await append(log, recordOf('a', gets('alice', 1, 2)))
    await clock.advance(10)
    rules = countingRules()
    await append(log, recordOf('b', gets('alice', 3)))
    await expect.poll(() => alertsIn(log)).toEqual(['alice 1 open 3'])
  })
})

/** A log that fails at its n-th write, before it is done or behind it, and that ends when all that is stored has been read. */
function failingLog(log: Log, failAt: number, maxRecords: number): Log {
  let writes = 0
  const attempt = async (write: () => Promise<void>): Promise<void> => {
    writes += 1
    if (2 * writes === failAt) throw new Error('before')
    await write()
    if (2 * writes + 1 === failAt) throw new Error('behind')
  }
  return {
    ...log,
    append: (produced, signal) => attempt(() => log.append(produced, signal)),
    async *read(topic, group, startAt, limits, signal) {
      const end = (await log.status()).find((status) => status.topic === topic)?.nextOffset ?? 0
      const cursor = (await log.status()).find((status) => status.topic === topic)?.cursors[group]
      if (cursor === end) return
      for await (const delivery of log.read(
        topic,
        group,
        startAt,
        { ...limits, maxRecords },
        signal,
      )) {
        const commit: typeof delivery.commit = (...step) => attempt(() => delivery.commit(...step))
        yield { ...delivery, commit }
        if (delivery.records.at(-1)?.position.offset === end - 1) return
      }
    },
  }
}

describe('detection that fails at any write', () => {
  it('has stored what it would have without, once it has gone on to the end', async () => {
    const get = fc.record({
      actor: fc.constantFrom('alice', 'bob', 'carol'),
      number: fc.nat(20),
      atS: fc.nat(40),
    })
    const failures = fc.array(
      fc.record({ at: fc.nat(12), maxRecords: fc.integer({ min: 1, max: 3 }) }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(get, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 }),
        failures,
        fc.integer({ min: 1, max: 1500 }),
        async (batches, failures, stepMs) => {
          const records = await Promise.all(
            batches.map((batch, number) => recordOf(`${number}`, batch)),
          )
          const run = async (attempts: typeof failures): Promise<string[]> => {
            const still = createFakeClock()
            const log = createMemoryLog({ clock: still, topics })
            // One append each, a second apart: the times of receipt are those of both runs.
            for (const record of records) {
              await append(log, record)
              await still.advance(1000)
            }
            let nowMs = still.nowMs()
            const clock: Clock = { nowMs: () => (nowMs += stepMs), sleep: still.sleep }
            const rules = countingRules()
            for (const { at, maxRecords } of [...attempts, { at: -1, maxRecords: 2 }])
              await detect(failingLog(log, at, maxRecords), clock, () => rules).done.catch(
                () => undefined,
              )
            expect(await cursorOf(log)).toBe(records.length)
            return (await log.browse('alerts', { order: 'oldest', limit: 10_000 }))
              .map(({ value }) => Buffer.from(value).toString())
              .toSorted()
          }
          expect(await run(failures)).toEqual(await run([]))
        },
      ),
      { numRuns: 150 },
    )
  })
})
