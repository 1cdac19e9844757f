import { expect, it } from 'vitest'
import { runDetection } from '../../src/app/detection.ts'
import type { CompiledRules } from '../../src/app/rule-set.ts'
import { packBatch } from '../../src/audit/batch.ts'
import { splitBody } from '../../src/audit/split.ts'
import type { Log, LogRecord } from '../../src/contracts.ts'
import { alertingOptionsOf, episodesConfigSchema } from '../../src/detect/episode/config.ts'
import { openPipeline } from '../../src/detect/pipeline.ts'
import { createMemoryLog } from '../../src/log/memory.ts'
import { formatTimeUs } from '../../src/util/time.ts'
import { pack } from '../../src/util/zstd.ts'
import { createAlertQuery } from '../../src/web/alert-query.ts'
import { ruleOf } from '../detect/episode/support.ts'
import { ruleSetOf } from '../detect/support.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { keepAll } from '../support/keep-all.ts'

const topics = { events: keepAll, alerts: keepAll, rejected: keepAll }
const always = new AbortController().signal

const ruleSet = ruleSetOf([ruleOf()])
const config = { quietMinutes: 0.1, latenessMinutes: 0.05, updateEveryMinutes: 0.02 }
const episodes = alertingOptionsOf(episodesConfigSchema.parse(config))
const rules: CompiledRules = {
  ruleSet,
  openPipeline: (hooks) => openPipeline(ruleSet, { episodes: { ...episodes, ...hooks } }),
}

async function recordOf(names: readonly string[], nowMs: number): Promise<LogRecord> {
  const items = names.map((auditID) =>
    JSON.stringify({
      auditID,
      stage: 'ResponseComplete',
      verb: 'get',
      user: { username: 'alice' },
      stageTimestamp: formatTimeUs(nowMs * 1000),
    }),
  )
  const split = splitBody(Buffer.from(items.join('\n')))
  return {
    key: names.join(),
    value: await pack(packBatch({ cluster: 'a', sender: 's', ...split })),
  }
}

async function alertsIn(log: Log): Promise<string[]> {
  const records = await log.browse('alerts', { order: 'oldest', limit: 100 })
  return records.map(({ key, value }) => {
    // The topic holds alerts alone.
    const { status, count } = JSON.parse(Buffer.from(value).toString()) as Record<string, unknown>
    return `${key.slice(-2)} ${String(status)} ${String(count)}`
  })
}

/** Lets time pass in steps in which the reader wakes. */
async function idle(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    await expect.poll(() => clock.sleepers, { interval: 1 }).toBeGreaterThan(0)
    await clock.advance(250)
  }
}

it('an alert opens at once, is told again when it has grown, is over by the clock, and is the same after a replay', async () => {
  const clock = createFakeClock()
  const log = createMemoryLog({ clock, topics })
  const stopping = new AbortController()
  const ignore = (): void => undefined
  const told = { count: ignore, observe: ignore, gauge: ignore, onStateDropped: ignore }
  const running = runDetection({ log, clock, rules: () => rules, ...told }, stopping.signal)
  const come = async (...names: string[]): Promise<void> => {
    const record = await recordOf(names, clock.nowMs())
    await log.append([{ topic: 'events', records: [record] }], always)
  }

  const startMs = clock.nowMs()
  await come('x', 'y')
  await expect.poll(() => alertsIn(log)).toEqual([':1 open 1'])
  await idle(clock, 500)
  await come('z')
  await idle(clock, 6_000)
  await expect.poll(() => alertsIn(log)).toEqual([':1 open 1', ':2 updated 3'])
  await idle(clock, 9_000)
  const revisions = [':1 open 1', ':2 updated 3', ':3 closed 3']
  await expect.poll(() => alertsIn(log)).toEqual(revisions)

  await log.replay('events', 'detect', startMs)
  await idle(clock, 20_000)
  expect(await alertsIn(log)).toEqual(revisions)

  const { list, history } = createAlertQuery({
    browse: (query) => log.browse('alerts', query),
    find: (keys) => log.find('alerts', keys),
    findByPrefix: (prefix, limit) => log.findByPrefix('alerts', prefix, limit),
  })
  const { items } = await list({ limit: 10 })
  expect(items.map(({ status }) => status)).toEqual(['closed'])
  const found = await history(items[0]?.id ?? '')
  expect(found?.revisions.map(({ count: requests }) => requests)).toEqual([1, 3, 3])
  stopping.abort()
  await running
})
