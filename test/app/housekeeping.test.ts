import { describe, expect, it } from 'vitest'
import { createHousekeeping } from '../../src/app/housekeeping.ts'
import type { Log } from '../../src/contracts.ts'
import { createMemoryLog } from '../../src/log/memory.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { createMetrics } from '../../src/util/metrics.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { keepAll } from '../support/keep-all.ts'

const never = new AbortController().signal
const topics = { events: keepAll }

/** A log in memory whose `status` can be made to fail, or not to answer. */
async function open() {
  const clock = createFakeClock()
  const log = createMemoryLog({ clock, topics })
  await log.start()
  let status: Log['status'] = log.status
  const metrics = createMetrics({ withProcessMetrics: false })
  const housekeeping = createHousekeeping({
    log: { ...log, status: () => status() },
    readers: [{ topic: 'events', group: 'detect' }],
    clock,
    logger: silentLogger,
    metrics,
  })
  return {
    clock,
    log,
    housekeeping,
    whenAsked: (answer: Log['status']) => {
      status = answer
    },
    lag: async (): Promise<string | undefined> =>
      /^kubewitness_topic_lag_records\{.*\} (.*)$/m.exec(await metrics.text())?.[1],
  }
}

describe('the gauges of the log', () => {
  it('say what there is to read, as soon as they are asked for', async () => {
    const { housekeeping, log, lag } = await open()
    const records = ['a', 'b'].map((key) => ({ key, value: Buffer.from(key) }))
    await log.append([{ topic: 'events', records }], never)
    await housekeeping.refresh()
    expect(await lag()).toBe('2')
  })

  it('say that it is not known when the log does not answer in time, or fails, and go on with it', async () => {
    const { clock, housekeeping, log, whenAsked, lag } = await open()
    await housekeeping.refresh()
    expect(await lag()).toBe('0')

    const answer = Promise.withResolvers<void>()
    whenAsked(async () => {
      await answer.promise
      return log.status()
    })
    const refreshed = housekeeping.refresh()
    await clock.advance(5000)
    await refreshed
    expect(await lag()).toBe('Nan')
    answer.resolve()
    await housekeeping.refresh()
    expect(await lag()).toBe('0')

    whenAsked(async () => {
      throw new Error('the brokers are away')
    })
    await housekeeping.refresh()
    expect(await lag()).toBe('Nan')
    expect(clock.sleepers).toBe(0)
  })
})
