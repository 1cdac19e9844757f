import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Log, TopicOptions } from '../../src/contracts.ts'
import { copyLog, createCopyClock } from '../../src/log/copy.ts'
import { createMemoryLog } from '../../src/log/memory.ts'
import { createSqliteLog } from '../../src/log/sqlite.ts'
import { systemClock } from '../../src/util/clock.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const never = new AbortController().signal
const kept = { maxAgeMs: 100, maxBytes: 1e12, protectedGroups: [] }
const topics: Readonly<Record<string, TopicOptions>> = {
  unique: { ...kept, uniqueKeys: true },
  plain: { ...kept, uniqueKeys: false },
}
const groups = ['one', 'two']

type Step =
  | { kind: 'append'; topic: string; keys: string[] }
  | { kind: 'read'; topic: string; group: string; records: number; state: string }
  | { kind: 'advance'; ms: number }
  | { kind: 'sweep' }

const topic = fc.constantFrom(...Object.keys(topics))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append'),
      topic,
      keys: fc.array(fc.constantFrom(...'abcdefghij'), { maxLength: 5 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('read'),
      topic,
      group: fc.constantFrom(...groups),
      records: fc.integer({ min: 1, max: 4 }),
      state: fc.constantFrom('x', 'y'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance'), ms: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'sweep' }) },
)

/** A log with a history. */
async function build(steps: readonly Step[]): Promise<Log> {
  const clock = createFakeClock()
  const log = createMemoryLog({ clock, topics })
  await log.start()
  for (const step of steps) {
    if (step.kind === 'append') {
      const records = step.keys.map((key) => ({ key, value: Buffer.from(`value of ${key}`) }))
      await log.append([{ topic: step.topic, records }], never)
    } else if (step.kind === 'advance') await clock.advance(step.ms)
    else if (step.kind === 'sweep') await log.sweep()
    else await read(log, step)
  }
  return log
}

async function read(log: Log, step: Extract<Step, { kind: 'read' }>): Promise<void> {
  const leaving = new AbortController()
  const limits = { maxRecords: step.records, maxBytes: 1e9, idleAfterMs: 1 }
  const [status] = (await log.status()).filter((one) => one.topic === step.topic)
  const next = status?.cursors[step.group] ?? status?.firstOffset ?? 0
  if (next >= (status?.nextOffset ?? 0)) return
  for await (const delivery of log.read(
    step.topic,
    step.group,
    'earliest',
    limits,
    leaving.signal,
  )) {
    await delivery.commit([], [{ key: 's', value: Buffer.from(step.state) }])
    leaving.abort()
  }
}

/** All that a log holds, with places counted from its first record. */
async function contentOf(log: Log): Promise<unknown> {
  const content: unknown[] = []
  for (const { topic, firstOffset, cursors } of await log.status()) {
    const records = await log.browse(topic, { order: 'oldest', limit: 1000 })
    const states = await Promise.all(
      groups.map(async (group) =>
        [...(await log.readState(topic, group, ''))].map(({ value }) => String(value)),
      ),
    )
    content.push({
      topic,
      records: records.map(({ key, value, appendedAtMs }) => [key, String(value), appendedAtMs]),
      cursors: Object.entries(cursors)
        .map(([group, offset]) => [group, Math.max(0, offset - firstOffset)])
        .toSorted(),
      states,
    })
  }
  return content
}

const copyClock = () => createCopyClock(systemClock)
const options = { isPrompt: true, signal: never, onProgress: () => undefined }

async function withSqlite(
  use: (open: () => Promise<[Log, ReturnType<typeof copyClock>]>) => Promise<void>,
) {
  await using folder = await createTemporaryFolder('copy')
  const opened: Log[] = []
  await use(async () => {
    await opened.at(-1)?.stop(AbortSignal.timeout(5000))
    const clock = copyClock()
    const log = createSqliteLog({ directory: folder.path, clock, logger: silentLogger, topics })
    await log.start()
    opened.push(log)
    return [log, clock]
  })
  await opened.at(-1)?.stop(AbortSignal.timeout(5000))
}

/** Fails after so many appends, as a process that is killed. */
function failingAfter(log: Log, appends: number): Log {
  let left = appends
  return {
    ...log,
    append: async (produced, signal) => {
      if (left-- <= 0) throw new Error('killed')
      await log.append(produced, signal)
    },
  }
}

describe('a copy of a log', () => {
  it('has the same records, times, cursors and state', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const from = await build(steps)
        const clock = copyClock()
        const to = createMemoryLog({ clock, topics })
        await copyLog({ from, to, clock, ...options })
        expect(await contentOf(to)).toEqual(await contentOf(from))
      }),
      { numRuns: 60 },
    ))

  it('is the same when it was interrupted anywhere and begun again, and doubles nothing', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.nat(20), { maxLength: 3 }),
        async (steps, interruptions) => {
          const from = await build(steps)
          const clock = copyClock()
          const to = createMemoryLog({ clock, topics })
          for (const appends of interruptions)
            await copyLog({ from, to: failingAfter(to, appends), clock, ...options }).catch(
              () => undefined,
            )
          await copyLog({ from, to, clock, ...options })
          await copyLog({ from, to, clock, ...options })
          expect(await contentOf(to)).toEqual(await contentOf(from))
        },
      ),
      { numRuns: 60 },
    ))

  it('goes through the embedded store and back', () =>
    withSqlite(async (open) => {
      const from = await build(
        Array.from({ length: 300 }, (_, i): Step => {
          if (i % 7 === 3)
            return {
              kind: 'read',
              topic: 'plain',
              group: groups[i % 2]!,
              records: 4,
              state: `${i}`,
            }
          if (i % 5 === 2) return { kind: 'advance', ms: i % 4 }
          return { kind: 'append', topic: 'plain', keys: [`${i}`, `${i % 10}`] }
        }),
      )
      const [first, firstClock] = await open()
      const half = copyLog({ from, to: failingAfter(first, 150), clock: firstClock, ...options })
      await expect(half).rejects.toThrow('killed')
      const [embedded, clock] = await open()
      const copied = await copyLog({ from, to: embedded, clock, ...options })
      expect(copied).toEqual([
        expect.objectContaining({ topic: 'plain', alreadyThere: 150, groups: ['one', 'two'] }),
        { topic: 'unique', records: 0, alreadyThere: 0, groups: [], begunAnew: [] },
      ])
      const backClock = copyClock()
      const back = createMemoryLog({ clock: backClock, topics })
      await copyLog({ from: embedded, to: back, clock: backClock, ...options })
      expect(await contentOf(embedded)).toEqual(await contentOf(from))
      expect(await contentOf(back)).toEqual(await contentOf(from))
    }))

  it('is refused, before anything is written, into a log that holds something else', async () => {
    const from = await build([{ kind: 'append', topic: 'plain', keys: ['a', 'b'] }])
    const to = await build([{ kind: 'append', topic: 'unique', keys: ['z'] }])
    const before = await contentOf(to)
    await expect(copyLog({ from, to, clock: copyClock(), ...options })).rejects.toMatchObject({
      code: 'log.mismatch',
    })
    expect(await contentOf(to)).toEqual(before)
  })
})
