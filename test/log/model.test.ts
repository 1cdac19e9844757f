import { copyFile, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Log, TopicOptions } from '../../src/contracts.ts'
import { createMemoryLog } from '../../src/log/memory.ts'
import { createSqliteLog } from '../../src/log/sqlite.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const never = new AbortController().signal
const maxAgeMs = 100
const retention = { maxAgeMs, maxBytes: 1e12, protectedGroups: [] }
const topics: Readonly<Record<string, TopicOptions>> = {
  unique: { ...retention, uniqueKeys: true },
  plain: { ...retention, uniqueKeys: false },
}

type Step =
  | { kind: 'append'; unique: string[]; plain: string[] }
  | {
      kind: 'read'
      group: string
      maxRecords: number
      commit: boolean
      produce: string[]
      changes: [key: string, value: string | null][]
    }
  | { kind: 'replay'; group: string; agoMs: number }
  | { kind: 'advance'; ms: number }
  | { kind: 'sweep' }
  | { kind: 'restart'; crash: boolean }

const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 4 })
const group = fc.constantFrom('one', 'two')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append'), unique: keys, plain: keys }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read'),
      group,
      maxRecords: fc.integer({ min: 1, max: 4 }),
      commit: fc.boolean(),
      produce: keys,
      changes: fc.array(fc.tuple(fc.constantFrom('s', 't'), fc.option(fc.constantFrom('1', '2'))), {
        maxLength: 3,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replay'), group, agoMs: fc.nat(150) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance'), ms: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sweep') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart'), crash: fc.boolean() }) },
)

interface ModelRecord {
  readonly key: string
  readonly offset: number
  readonly atMs: number
}

/** A topic as a list: what the log is compared with. */
class Model {
  records: ModelRecord[] = []
  nextOffset = 0
  readonly cursors: Record<string, number> = {}
  readonly states: Record<string, Map<string, string>> = { one: new Map(), two: new Map() }

  append(newKeys: readonly string[], atMs: number, uniqueKeys: boolean): void {
    for (const key of newKeys) {
      if (uniqueKeys && this.records.some((record) => record.key === key)) continue
      this.records.push({ key, offset: this.nextOffset, atMs })
      this.nextOffset += 1
    }
  }

  firstAt(atMs: number): number {
    return this.records.find((record) => record.atMs >= atMs)?.offset ?? this.nextOffset
  }

  /** Returns how many went unread by some group. */
  sweep(nowMs: number): number {
    const old = this.records.filter((record) => record.atMs < nowMs - maxAgeMs)
    this.records = this.records.slice(old.length)
    const slowest = Math.min(...Object.values(this.cursors))
    return old.filter((record) => record.offset >= slowest).length
  }
}

/** The log under test; `restart` opens what is stored. */
interface Subject {
  log: Log
  restart(crash: boolean): Promise<void>
}

async function check(subject: Subject, clock: FakeClock, steps: readonly Step[]): Promise<void> {
  const models: Record<string, Model> = { unique: new Model(), plain: new Model() }
  const [unique, plain] = [models['unique']!, models['plain']!]
  for (const step of steps) {
    await take(step)
    await compare()
  }

  async function take(step: Step): Promise<void> {
    const { log } = subject
    const nowMs = clock.nowMs()
    switch (step.kind) {
      case 'append':
        await log.append(
          [produceKeys('unique', step.unique), produceKeys('plain', step.plain)],
          never,
        )
        unique.append(step.unique, nowMs, true)
        plain.append(step.plain, nowMs, false)
        break
      case 'read':
        await read(step)
        break
      case 'replay':
        await log.replay('unique', step.group, nowMs - step.agoMs)
        unique.cursors[step.group] = unique.firstAt(nowMs - step.agoMs)
        unique.states[step.group]!.clear()
        break
      case 'advance':
        await clock.advance(step.ms)
        break
      case 'sweep': {
        const expected = Object.entries(models).map(([topic, model]) => [topic, model.sweep(nowMs)])
        const lost = Object.fromEntries(expected.filter(([, count]) => count !== 0))
        expect(await log.sweep()).toEqual(lost)
        break
      }
      case 'restart':
        await subject.restart(step.crash)
        break
      default:
        step satisfies never
    }
  }

  async function read(step: Extract<Step, { kind: 'read' }>): Promise<void> {
    const first = unique.records[0]?.offset ?? unique.nextOffset
    const cursor = unique.cursors[step.group] ?? first
    const expected = unique.records
      .filter(({ offset }) => offset >= cursor)
      .slice(0, step.maxRecords)
    const last = expected.at(-1)
    // Nothing there: the read would wait.
    if (last === undefined) return
    unique.cursors[step.group] = cursor
    const limits = { maxRecords: step.maxRecords, maxBytes: 1e6 }
    for await (const delivery of subject.log.read(
      'unique',
      step.group,
      'earliest',
      limits,
      never,
    )) {
      expect(delivery.records.map(({ key }) => key)).toEqual(expected.map(({ key }) => key))
      if (step.commit) {
        const changes = step.changes.map(([key, value]) => ({
          key,
          value: value === null ? undefined : Buffer.from(value),
        }))
        await delivery.commit([produceKeys('plain', step.produce)], changes)
        for (const [key, value] of step.changes) {
          if (value === null) unique.states[step.group]!.delete(key)
          else unique.states[step.group]!.set(key, value)
        }
        unique.cursors[step.group] = last.offset + 1
        plain.append(step.produce, clock.nowMs(), false)
      }
      break
    }
  }

  async function compare(): Promise<void> {
    for (const [group, state] of Object.entries(unique.states)) {
      const records = [...(await subject.log.readState('unique', group, ''))]
      const seen = records.map(({ key, value }) => [key, `${Buffer.from(value)}`])
      expect(seen).toEqual([...state].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    }
    for (const status of await subject.log.status()) {
      const model = models[status.topic]!
      expect(status.cursors).toEqual(model.cursors)
      expect(status.nextOffset).toBe(model.nextOffset)
      expect(status.records).toBe(model.records.length)
      const stored = await subject.log.browse(status.topic, { order: 'oldest', limit: 1000 })
      const seen = stored.map((record) => ({
        key: record.key,
        offset: record.position.offset,
        atMs: record.appendedAtMs,
      }))
      expect(seen).toEqual(model.records)
    }
  }
}

function produceKeys(topic: string, newKeys: readonly string[]) {
  return { topic, records: newKeys.map((key) => ({ key, value: Buffer.from(key) })) }
}

const steps = (maxLength: number) => fc.array(step, { minLength: 1, maxLength, size: 'max' })

describe('a log', () => {
  it('behaves as a list, in memory', async () => {
    await fc.assert(
      fc.asyncProperty(steps(60), async (sequence) => {
        const clock = createFakeClock()
        const log = createMemoryLog({ clock, topics })
        await check({ log, restart: async () => undefined }, clock, sequence)
      }),
      { numRuns: 100 },
    )
  })

  it('behaves as a list, in SQLite, with restarts and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(steps(50), async (sequence) => {
        await using folder = await createTemporaryFolder('model')
        const clock = createFakeClock()
        const open = async (directory: string): Promise<Log> => {
          const log = createSqliteLog({ directory, clock, topics, logger: silentLogger })
          await log.start()
          return log
        }
        const newDirectory = (): Promise<string> => mkdtemp(join(folder.path, 'store-'))
        let directory = await newDirectory()
        const subject: Subject = {
          log: await open(directory),
          restart: async (crash) => {
            const source = directory
            if (crash) {
              // The files as they are at this moment are what a crash would leave.
              directory = await newDirectory()
              for (const name of ['log.sqlite', 'log.sqlite-wal'])
                await copyFile(join(source, name), join(directory, name))
            }
            await subject.log.stop(never)
            subject.log = await open(directory)
          },
        }
        try {
          await check(subject, clock, sequence)
        } finally {
          await subject.log.stop(never)
        }
      }),
      { numRuns: 12 },
    )
  }, 90_000)
})
