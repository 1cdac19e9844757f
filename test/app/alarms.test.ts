import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Alarms, createAlarms } from '../../src/app/alarms.ts'
import type { Alert, Log } from '../../src/contracts.ts'
import { KubewitnessError } from '../../src/errors.ts'
import { createMemoryLog } from '../../src/log/memory.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { keepAll } from '../support/keep-all.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'

const hourMs = 3_600_000
const silent = {
  code: 'sender_silent',
  cluster: 'prod',
  subject: 'x',
  message: 'No audit events',
} as const
const lost = { code: 'events_lost', cluster: 'prod', subject: 'a', message: 'lost' } as const

interface Watching extends AsyncDisposable {
  readonly clock: FakeClock
  readonly file: string
  readonly alarms: Alarms
  /** As after a stop of the process. */
  restart(): Promise<void>
  alerts(): Promise<Alert[]>
  /** `name status revision count reason` of what was stored. */
  told(): Promise<string[]>
}

async function startAlarms(
  appendOf: (log: Log) => Log['append'] = (log) => log.append,
): Promise<Watching> {
  const folder: TemporaryFolder = await createTemporaryFolder('alarms')
  const clock = createFakeClock()
  const log: Log = createMemoryLog({ clock, topics: { alerts: keepAll } })
  await log.start()
  const file = join(folder.path, 'open.json')
  const open = async (): Promise<Alarms> => {
    const written: Log = { ...log, append: appendOf(log) }
    const alarms = createAlarms({ log: written, clock, logger: silentLogger, file })
    await alarms.start()
    return alarms
  }
  let alarms = await open()
  const stop = () => alarms.stop(AbortSignal.timeout(5000))
  const alerts = async (): Promise<Alert[]> => {
    await stop()
    alarms = await open()
    const records = await log.browse('alerts', { order: 'oldest', limit: 100 })
    return records.map(({ value }) => JSON.parse(Buffer.from(value).toString()) as Alert)
  }
  return {
    clock,
    file,
    get alarms() {
      return alarms
    },
    restart: async () => {
      await stop()
      alarms = await open()
    },
    alerts,
    told: async () =>
      (await alerts()).map(({ rule, status, revision, count, closedBecause = '' }) =>
        [rule.name, status, revision, count, closedBecause].join(' ').trim(),
      ),
    [Symbol.asyncDispose]: async () => {
      await stop()
      await folder.remove()
    },
  }
}

describe('alarms', () => {
  it('become alerts, which are told again at most once an hour', async () => {
    await using watching = await startAlarms()
    const { clock, alarms } = watching
    alarms.raise(silent)
    alarms.raise(silent)
    alarms.raise({ ...silent, cluster: 'other' })
    await clock.advance(hourMs)
    alarms.raise({ ...silent, message: 'Still none' })
    const all = await watching.alerts()
    expect(
      all.map(({ cluster, status, count, rule: { name, level }, summary }) => [
        `${name} ${level} ${cluster} ${status} ${count}`,
        summary,
      ]),
    ).toEqual([
      ['sender_silent high prod open 1', 'No audit events'],
      ['sender_silent high other open 1', 'No audit events'],
      ['sender_silent high prod updated 3', 'Still none'],
    ])
    expect(all[2]).toMatchObject({
      id: all[0]?.id,
      revision: 2,
      firstSeen: '2026-01-01T00:00:00.000000Z',
      lastSeen: '2026-01-01T01:00:00.000000Z',
    })
    expect(all[1]?.id).not.toBe(all[0]?.id)
  })

  it('are stored as soon as the log has room again, in their order', async () => {
    let isFull = true
    await using watching = await startAlarms((log) => async (produced, signal) => {
      if (isFull) throw new KubewitnessError('log.full', 'appending', { retryable: true })
      await log.append(produced, signal)
    })
    const { clock, alarms } = watching
    alarms.raise(silent)
    alarms.raise(lost)
    await clock.advance(60_000)
    isFull = false
    await clock.advance(10_000)
    expect(await watching.told()).toEqual(['sender_silent open 1 1', 'events_lost open 1 1'])
  })

  it('are over when their condition is, and begin anew as another alert', async () => {
    await using watching = await startAlarms()
    const { clock, alarms } = watching
    alarms.clear({ code: 'sender_silent', cluster: 'prod' })
    alarms.raise(silent)
    alarms.clear({ code: 'sender_silent', cluster: 'other' })
    alarms.clear({ code: 'apiserver_silent' })
    await clock.advance(5 * hourMs)
    alarms.clear({ code: 'sender_silent', cluster: 'prod' })
    await clock.advance(1000)
    alarms.raise(silent)
    expect(await watching.told()).toEqual([
      'sender_silent open 1 1',
      'sender_silent closed 2 1 over',
      'sender_silent open 1 1',
    ])
    const ids = (await watching.alerts()).map(({ id }) => id)
    expect([ids[0] === ids[1], ids[0] === ids[2]]).toEqual([true, false])
  })

  it('that tell a moment are over when it does not come again for an hour, others after a day', async () => {
    await using watching = await startAlarms()
    const { clock, alarms } = watching
    alarms.raise(lost)
    alarms.raise(silent)
    await clock.advance(0.9 * hourMs)
    alarms.raise(lost)
    await clock.advance(23.2 * hourMs)
    expect(await watching.told()).toEqual([
      'events_lost open 1 1',
      'sender_silent open 1 1',
      'events_lost closed 2 2 quiet',
      'sender_silent closed 2 1 duration',
    ])
  })

  it('are closed after a restart, too', async () => {
    await using watching = await startAlarms()
    watching.alarms.raise(silent)
    await watching.restart()
    watching.alarms.raise(silent)
    watching.alarms.clear({ code: 'sender_silent', cluster: 'prod' })
    await watching.restart()
    watching.alarms.clear({ code: 'sender_silent', cluster: 'prod' })
    expect(await watching.told()).toEqual([
      'sender_silent open 1 1',
      'sender_silent closed 2 2 over',
    ])
    expect(JSON.parse(readFileSync(watching.file, 'utf8'))).toEqual({ version: 1, open: [] })
  })

  it('begin anew when what was open cannot be read', async () => {
    await using watching = await startAlarms()
    watching.alarms.raise(silent)
    await watching.alerts()
    writeFileSync(watching.file, '{')
    await watching.restart()
    watching.alarms.clear({ code: 'sender_silent' })
    expect(await watching.told()).toEqual(['sender_silent open 1 1'])
  })
})
