import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAlarms } from '../../src/app/alarms.ts'
import { createSenderReports } from '../../src/app/sender-reports.ts'
import { createSenderWatch } from '../../src/app/sender-watch.ts'
import { splitBody } from '../../src/audit/split.ts'
import type { Alert, Component, ItemIndex, Log } from '../../src/contracts.ts'
import { createMemoryLog } from '../../src/log/memory.ts'
import { logConfigSchema, topicOptions } from '../../src/log/table.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'

const minuteMs = 60_000
const topics = topicOptions(logConfigSchema.parse({ type: 'memory' }), {})

function items(count: number, user = 'alice'): ItemIndex {
  const event = JSON.stringify({ auditID: 'a', stage: 'Panic', user: { username: user } })
  return splitBody(Buffer.from(Array(count).fill(event).join('\n'))).items
}

/** One of several that receive: a clock of its own, so that it can be killed by never letting it wake again. */
interface Process {
  readonly clock: FakeClock
  receive(sender: string, items: ItemIndex): void
  stop(): Promise<void>
}

let folder: TemporaryFolder
let log: Log
let logClock: FakeClock
let living: Process[]
let started = 0

beforeEach(async () => {
  folder = await createTemporaryFolder()
  logClock = createFakeClock()
  log = createMemoryLog({ clock: logClock, topics })
  await log.start()
  living = []
})
afterEach(async () => {
  for (const process of living) await process.stop()
  await folder[Symbol.asyncDispose]()
})

async function startProcess(): Promise<Process> {
  const clock = createFakeClock(logClock.nowMs())
  const file = join(folder.path, `open-alarms-${started++}.json`)
  const alarms = createAlarms({ log, clock, logger: silentLogger, file })
  const reports = createSenderReports({ log, clock })
  const silentAfterMs = 10 * minuteMs
  const watch = createSenderWatch({ clock, silentAfterMs, alarms, reports, logger: silentLogger })
  for (const component of [alarms, watch] satisfies Component[]) await component.start()
  const process: Process = {
    clock,
    receive: (sender, some) =>
      watch.received({ cluster: 'prod', sender, receivedAtMs: clock.nowMs() }, some),
    stop: async () => {
      const deadline = AbortSignal.timeout(1000)
      for (const component of [watch, alarms]) await component.stop(deadline)
    },
  }
  living.push(process)
  await elapse(4_000) // The next one looks at other moments.
  return process
}

function kill(process: Process): void {
  living = living.filter((other) => other !== process)
}

async function elapse(ms: number): Promise<void> {
  await logClock.advance(ms)
  for (const { clock } of living) await clock.advance(ms)
}

/** Minute by minute. */
async function pass(minutes: number, receive: () => void = () => undefined): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    receive()
    await elapse(7_000)
    await elapse(53_000)
  }
}

async function told(): Promise<string[]> {
  const records = await log.browse('alerts', { order: 'oldest', limit: 1000 })
  return records.map(({ value }) => {
    const { rule, status } = JSON.parse(Buffer.from(value).toString()) as Alert
    return `${rule.name} ${status}`
  })
}

const usual = items(100)

describe('the watch over senders in several processes', () => {
  it('misses nobody who moves to another process', async () => {
    const [one, other] = [await startProcess(), await startProcess()]
    await pass(30, () => one.receive('a', usual))
    await pass(60, () => other.receive('a', usual))
    await pass(60, () => one.receive('a', usual))
    expect(await told()).toEqual([])
  })

  it('tells a true silence once, and once that it is over', async () => {
    const [one] = [await startProcess(), await startProcess(), await startProcess()]
    await pass(30, () => one.receive('a', usual))
    await pass(60)
    expect(await told()).toEqual(['sender_silent open'])
    await pass(2, () => one.receive('a', usual))
    expect(await told()).toEqual(['sender_silent open', 'sender_silent closed'])
  })

  it('tells that one of several API servers is silent once, whoever it sent to', async () => {
    const [one, other] = [await startProcess(), await startProcess()]
    const both = (): void => {
      one.receive('a', usual)
      other.receive('b', usual)
    }
    await pass(30, both)
    await pass(60, () => one.receive('b', usual))
    expect(await told()).toEqual(['apiserver_silent open'])
  })

  it('knows what a process that was killed had heard', async () => {
    const [one, other] = [await startProcess(), await startProcess()]
    await pass(30, () => one.receive('a', usual))
    kill(one)
    await pass(8)
    expect(await told()).toEqual([])
    await pass(30, () => other.receive('a', usual))
    expect(await told()).toEqual([])
    await pass(30)
    expect(await told()).toEqual(['sender_silent open'])
  })

  it('tells the silence of who only ever sent to a process that was killed', async () => {
    const one = await startProcess()
    await startProcess()
    await pass(30, () => one.receive('a', usual))
    kill(one)
    await pass(30)
    expect(await told()).toEqual(['sender_silent open'])
  })

  it('adds up what comes to several, and tells once that it is little', async () => {
    const [one, other] = [await startProcess(), await startProcess()]
    await pass(60, () => {
      one.receive('a', usual)
      other.receive('a', usual)
    })
    await pass(30, () => {
      one.receive('a', items(2))
      other.receive('a', items(198))
    })
    expect(await told()).toEqual([])
    await pass(30, () => {
      one.receive('a', items(2))
      other.receive('a', items(3))
    })
    expect(await told()).toEqual(['apiserver_events_low open'])
  })

  it('tells a start once, by requests that came to several', async () => {
    const [one, other] = [await startProcess(), await startProcess()]
    await pass(30, () => one.receive('a', usual))
    await pass(1, () => {
      one.receive('a', items(150, 'system:apiserver'))
      other.receive('a', items(150, 'system:apiserver'))
    })
    await pass(3, () => other.receive('a', usual))
    expect(await told()).toEqual(['apiserver_restarted open'])
  })

  it('lets senders find a service that was away, and misses who does not come back', async () => {
    const one = await startProcess()
    await pass(30, () => one.receive('a', usual))
    kill(one)
    await pass(40)
    const next = await startProcess()
    await pass(8)
    expect(await told()).toEqual([])
    await pass(8)
    expect(await told()).toEqual(['sender_silent open'])
    const later = await startProcess()
    await pass(15)
    expect(await told()).toEqual(['sender_silent open'])
    await pass(2, () => later.receive('a', usual))
    expect(await told()).toEqual(['sender_silent open', 'sender_silent closed'])
    kill(next)
  })

  it('misses nobody while the log cannot be asked', async () => {
    const one = await startProcess()
    await pass(30, () => one.receive('a', usual))
    const { browse } = log
    log.browse = async () => Promise.reject(new Error('away'))
    await pass(30)
    log.browse = browse
    expect(await told()).toEqual([])
  })
})
