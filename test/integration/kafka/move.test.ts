import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { newPrefix } from '../../support/kafka-log.ts'
import { recordedAttackBodies } from '../../support/recorded-attacks.ts'
import { runCommand } from '../../support/run-command.ts'
import { type RunningApp, startApp } from '../../support/running-app.ts'

const broker = inject('kafka')
const common = {
  rules: { builtin: false, paths: [resolve('detections/execution')] },
  episodes: { stories: { enabled: false } },
}
const onKafka = (partitions: number) => ({
  type: 'kafka',
  brokers: [broker],
  prefix: newPrefix(),
  topics: { partitions, replicationFactor: 1 },
})

/** An embedded store that has seen the recorded attacks, and the configurations of those that it is moved to. */
let running: RunningApp
let told: number
/** What each copy said, line by line. */
let copies: Readonly<Record<'there' | 'back' | 'toThree', readonly string[]>>
const logs = { one: onKafka(1), three: onKafka(3) }

beforeAll(async () => {
  if (broker === null) return
  running = await startApp(common)
  for (const body of recordedAttackBodies()) await running.post(body)
  await running.settle()
  told = (await running.alerts()).length
  await running.app.stop(AbortSignal.timeout(5000))
  const stores = {
    first: {},
    one: { log: logs.one },
    three: { log: logs.three },
    back: {},
    backFromThree: {},
  }
  for (const [name, store] of Object.entries(stores)) {
    const dataDirectory = name === 'first' ? './data' : `./${name}`
    const text = JSON.stringify({ dataDirectory, sinks: [], ...common, ...store })
    writeFileSync(join(running.folder, `${name}.yml`), text)
  }
  copies = {
    there: await copy('first', 'one'),
    back: await copy('one', 'back'),
    toThree: await copy('first', 'three'),
  }
  await copy('three', 'backFromThree')
}, 300_000)

afterAll(() => running?.[Symbol.asyncDispose]())

/** What the command prints, line by line. */
async function linesOf(words: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runCommand(words, { folder: running.folder })
  expect(code, stderr).toBe(0)
  return stdout.split('\n').filter((line) => line !== '')
}

const copy = (from: string, to: string) =>
  linesOf(['log', 'copy', '--from', `${from}.yml`, '--to', `${to}.yml`, '--output', 'json'])
const exported = (name: string, topic: string) =>
  linesOf(['log', 'export', '--topic', topic, '--config', `${name}.yml`])

describe.skipIf(broker === null)('moving a store to Kafka and back', () => {
  it('brings every record, in its order, with the cursors of its readers', async () => {
    expect(copies.back).toEqual(copies.there)
    expect(copies.there.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ topic: 'events', groups: ['detect'], begunAnew: [] }),
    )
    for (const topic of ['events', 'alerts', 'rejected']) {
      const first = await exported('first', topic)
      expect(await exported('one', topic)).toEqual(first)
      expect(await exported('back', topic)).toEqual(first)
    }
    expect((await exported('first', 'events')).length).toBeGreaterThan(500)
  }, 300_000)

  it('begun again, copies nothing twice', async () => {
    const again = await copy('first', 'one')
    for (const line of again) expect(JSON.parse(line)).toMatchObject({ records: 0 })
  }, 120_000)

  it('loses nothing between another number of partitions, and says who begins anew', async () => {
    expect(copies.toThree.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ topic: 'events', groups: [], begunAnew: ['detect'] }),
    )
    for (const topic of ['events', 'alerts', 'rejected']) {
      const first = (await exported('first', topic)).toSorted()
      expect((await exported('three', topic)).toSorted()).toEqual(first)
      expect((await exported('backFromThree', topic)).toSorted()).toEqual(first)
    }
  }, 300_000)

  it('replays the same from each of them', async () => {
    const replay = async (name: string) =>
      (
        await linesOf([
          'replay',
          '--config',
          `${name}.yml`,
          '--from',
          '2020-01-01',
          '--output',
          'json',
        ])
      ).toSorted()
    const first = await replay('first')
    expect(first.length).toBeGreaterThan(5)
    expect(await replay('one')).toEqual(first)
    expect(await replay('three')).toEqual(first)
  }, 300_000)

  it('leaves a service that goes on behind what it had read, and tells nothing again', async () => {
    await using moved = await startApp({ ...common, log: logs.one })
    await moved.settle()
    expect(await moved.alerts()).toHaveLength(told)
  }, 120_000)
})
