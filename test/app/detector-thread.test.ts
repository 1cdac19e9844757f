import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { recordedAttackBodies } from '../support/recorded-attacks.ts'
import { type RunningApp, startApp } from '../support/running-app.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { manyRefusals } from './refusal-rules.ts'

/** Threads that detect, the one that was started last behind the others. */
let threads: Worker[] = []
const collect = (worker: Worker): void => {
  if (worker.threadName === 'detect') threads.push(worker)
}

beforeEach(() => {
  threads = []
  process.on('worker', collect)
})
afterEach(() => {
  process.off('worker', collect)
})

/** What is told of the recorded attacks; after some bodies the thread that detects them dies. */
async function alertsOf(deaths: ReadonlySet<number>) {
  await using folder = await createTemporaryFolder('thread')
  const path = join(folder.path, 'rules.yml')
  writeFileSync(path, manyRefusals)
  await using service = await startApp({ rules: { paths: [path] } })
  for (const [number, body] of recordedAttackBodies().slice(0, 12).entries()) {
    await service.post(body)
    if (deaths.has(number)) await endThread(service)
  }
  await service.settle()
  const told = await service.alerts()
  const alerts = told.map(({ id, revision, count, rule, events }) => {
    return { id, revision, count, rule: rule.name, events: events.map((event) => event.id) }
  })
  return {
    alerts: alerts.toSorted((a, b) =>
      a.id === b.id ? a.revision - b.revision : a.id < b.id ? -1 : 1,
    ),
    said: service.said
      .map(({ message }) => message)
      .filter((message) => message.startsWith('Detection')),
  }
}

/** Waits for the next thread, so that there is one to end. */
async function endThread({ said }: RunningApp): Promise<void> {
  const starts = (): number =>
    said.filter(({ message }) => message === 'Detection starts again from its cursor').length
  const before = starts()
  await threads.at(-1)!.terminate()
  await expect.poll(starts, { timeout: 30_000 }).toBe(before + 1)
}

it('a thread that dies while windows are half full is followed by one that tells the same', async () => {
  const undisturbed = await alertsOf(new Set())
  const disturbed = await alertsOf(new Set([2, 5]))
  expect(undisturbed.alerts.map(({ rule }) => rule)).toContain('many_refusals')
  expect(disturbed.alerts).toEqual(undisturbed.alerts)
  expect(undisturbed.said).toEqual([])
  expect(disturbed.said).toEqual([
    'Detection stopped',
    'Detection starts again from its cursor',
    'Detection stopped',
    'Detection starts again from its cursor',
  ])
}, 180_000)
