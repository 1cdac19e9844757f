import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Alert } from '../../src/contracts.ts'
import { recordedAttackBodies } from '../support/recorded-attacks.ts'
import { type CommandResult, runCommand } from '../support/run-command.ts'
import { type RunningApp, startApp } from '../support/running-app.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const config = {
  rules: { builtin: false, paths: [resolve('detections/execution')] },
  episodes: { stories: { enabled: false } },
}

/** The folder of a service that has seen the recorded attacks and is stopped, and what it had told of them. */
let folder: string
let told: readonly Alert[]
let running: RunningApp

beforeAll(async () => {
  running = await startApp(config)
  folder = running.folder
  for (const body of recordedAttackBodies()) await running.post(body)
  await running.settle()
  told = (await running.alerts()).filter(({ actor }) => actor !== 'kubewitness')
  await running.app.stop(AbortSignal.timeout(5000))
  const text = JSON.stringify({ dataDirectory: './data', sinks: [], ...config })
  writeFileSync(join(folder, 'kubewitness.yml'), text)
}, 60_000)

afterAll(() => running[Symbol.asyncDispose]())

function alertsOf<T = Alert>({ stdout }: CommandResult): T[] {
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as T)
}

const newRule = `title: Every event
id: 0b8a6f0e-6f0a-4c1a-9f5e-3c1b6f7f2a01
name: every_event
level: high
logsource: { product: kubernetes, service: audit }
detection: { s: { auditID|exists: true }, condition: s }
`

describe('kubewitness log copy', () => {
  it('moves a store, and says what came along', async () => {
    writeFileSync(join(folder, 'to.yml'), JSON.stringify({ dataDirectory: './moved', sinks: [] }))
    const command = ['log', 'copy', '--from', 'kubewitness.yml', '--to', 'to.yml']
    const copied = await runCommand([...command, '--output', 'json'], { folder })
    expect(copied.stderr).toBe('')
    expect(alertsOf<object>(copied)).toEqual([
      expect.objectContaining({ topic: 'alerts', alreadyThere: 0 }),
      { topic: 'dead-letter', records: 0, alreadyThere: 0, groups: [], begunAnew: [] },
      expect.objectContaining({ topic: 'events', alreadyThere: 0, groups: ['detect'] }),
      expect.objectContaining({ topic: 'rejected', alreadyThere: 0 }),
      expect.objectContaining({ topic: 'senders', alreadyThere: 0 }),
      { topic: 'silences', records: 0, alreadyThere: 0, groups: [], begunAnew: [] },
    ])
    for (const topic of ['events', 'alerts']) {
      const print = ['log', 'export', '--topic', topic, '--config']
      const [before, after] = await Promise.all(
        ['kubewitness.yml', 'to.yml'].map((file) => runCommand([...print, file], { folder })),
      )
      expect(after?.stdout).toBe(before?.stdout)
    }
    expect(told.length).toBeGreaterThan(0)
  })

  it('refuses what cannot be meant', async () => {
    await using folder = await createTemporaryFolder('copy')
    const file = (name: string, config: object): void =>
      writeFileSync(join(folder.path, name), JSON.stringify(config))
    file('a.yml', { dataDirectory: './a' })
    file('b.yml', { dataDirectory: './b', log: { type: 'memory' } })
    const copy = (from: string, to: string) =>
      runCommand(['log', 'copy', '--from', from, '--to', to], { folder: folder.path })
    expect(await copy('a.yml', 'a.yml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('both configurations name the same store'),
    })
    expect(await copy('a.yml', 'b.yml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('gone with its process'),
    })
  })
})

describe('kubewitness replay', () => {
  it('finds again what the service has told, under the same ids', async () => {
    const json = ['--output', 'json', '--from', '2020-01-01']
    const result = await runCommand(['replay', ...json], { folder })
    expect(result.code).toBe(0)
    expect(new Set(alertsOf(result).map(({ id }) => id))).toEqual(new Set(told.map(({ id }) => id)))
    expect(told.length).toBeGreaterThan(3)
    const later = await runCommand(['replay', '--from', '2100-01-01'], { folder })
    expect(later.stderr).toBe('0 events, 0 alerts of 0 rules\n')
    const failing = await runCommand(['replay', '--from', '2020-01-01', '--fail-on', 'medium'], {
      folder,
    })
    expect(failing.code).toBe(1)
  })

  it('stores what a new rule finds, once, and nothing that was there', async () => {
    writeFileSync(join(folder, 'new.yml'), newRule)
    const command = ['replay', '--from', '2020-01-01', '--rules', join(folder, 'new.yml')]
    const exported = async () =>
      alertsOf(await runCommand(['log', 'export', '--topic', 'alerts'], { folder }))
    const before = await exported()
    const first = await runCommand([...command, '--write', '--output', 'json'], { folder })
    const found = alertsOf(first).filter(({ rule }) => rule.name === 'every_event')
    expect(found.length).toBeGreaterThan(0)
    const stored = await exported()
    const isNew = ({ id }: Alert) => !told.some((alert) => alert.id === id)
    const added = new Set(stored.filter(isNew).map(({ id }) => id))
    expect(first.stderr).toContain(`${added.size} alerts stored that were not there\n`)
    expect([...added]).toEqual(expect.arrayContaining(found.map(({ id }) => id)))
    expect(stored.filter((alert) => !isNew(alert))).toEqual(before)
    const second = await runCommand([...command, '--write'], { folder })
    expect(second.stderr).toContain('\n0 alerts stored that were not there\n')
    expect(await exported()).toEqual(stored)
  })

  it('leaves a store alone that a service is using, and says so', async () => {
    await using service = await startApp(config)
    const { folder } = service
    const text = JSON.stringify({ dataDirectory: './data', ...config })
    writeFileSync(join(folder, 'kubewitness.yml'), text)
    const command = ['replay', '--from', '2020-01-01']
    expect((await runCommand(command, { folder })).code).toBe(0)
    const refused = await runCommand([...command, '--write'], { folder })
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('log.locked')
  })
})
