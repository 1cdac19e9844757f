import { readdirSync } from 'node:fs'
import { getPriority } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { observeOffline } from '../../src/app/observe-offline.ts'
import { answerOf } from '../../src/app/roles-answers.ts'
import { Observation } from '../../src/rbac/observe/observation.ts'
import { readWebhookBodies } from '../support/recordings.ts'
import { startApp } from '../support/running-app.ts'
import { type ServiceProcess, startService } from '../support/service-process.ts'
import { postBodies } from '../support/service-sender.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const bodies = readWebhookBodies().slice(0, 60)
const account = 'serviceaccount=kube-system:deployment-controller'

type Admin = Pick<ServiceProcess, 'adminUrl'>

async function ask(service: Admin, path: string, accept = '*/*'): Promise<string> {
  const response = await fetch(`${service.adminUrl}/api/v1/roles/${path}`, { headers: { accept } })
  return response.text()
}

/** Asks until the answer is the wanted one, and returns the last one after ten seconds. */
async function settled(service: Admin, path: string, wanted: string): Promise<string> {
  const deadlineMs = performance.now() + 10_000
  for (;;) {
    const answer = await ask(service, path)
    if (answer === wanted || performance.now() > deadlineMs) return answer
    await wait(50)
  }
}

/** What the offline commands know of the same bodies. */
async function offline(sent: readonly Buffer[]): Promise<Observation> {
  const observation = new Observation()
  const input = (async function* () {
    yield* sent
  })()
  for await (const _ of observeOffline(input, observation, 'default'));
  return observation
}

async function said(
  observation: Observation,
  format: 'json' | 'yaml' | undefined,
): Promise<string> {
  const name = 'system:serviceaccount:kube-system:deployment-controller'
  const answer = await answerOf(
    observation,
    format === undefined
      ? { kind: 'subjects' }
      : {
          kind: 'suggestion',
          cluster: 'default',
          subject: { kind: 'ServiceAccount', name },
          format,
        },
    [],
  )
  return answer.kind === 'found' ? answer.body : answer.kind
}

it('the service suggests what the offline command does, also after kill -9 between two saves, and counts once', {
  timeout: 120_000,
}, async () => {
  await using folder = await createTemporaryFolder('observe-roles')
  const half = bodies.slice(0, 30).map(({ bytes }) => bytes)
  const rest = bodies.slice(30).map(({ bytes }) => bytes)
  const config = { sinks: [], rules: { builtin: false }, roles: { observe: true } }
  const first = await startService({ folder: folder.path, config })
  await postBodies(first, half)
  const threads = readdirSync(`/proc/${first.pid}/task`)
  expect(threads.map((id) => getPriority(Number(id))).filter((nice) => nice === 10)).toEqual([10])
  const halfKnown = await offline(half)
  expect(await settled(first, 'subjects', await said(halfKnown, undefined))).toBe(
    await said(halfKnown, undefined),
  )
  // Past a save, and then into the next stretch that is not saved.
  await savedOnce(first)
  await postBodies(first, rest)
  const known = await offline([...half, ...rest])
  expect(await settled(first, 'subjects', await said(known, undefined))).toBe(
    await said(known, undefined),
  )
  await first.kill9()

  const second = await startService({ folder: folder.path, ports: first.ports, config })
  expect(await settled(second, 'subjects', await said(known, undefined))).toBe(
    await said(known, undefined),
  )
  const path = `suggest?cluster=default&${account}`
  expect(await ask(second, path)).toBe(await said(known, 'json'))
  expect(await ask(second, `${path}&format=yaml`)).toBe(await said(known, 'yaml'))
  expect(await ask(second, path, 'application/yaml')).toBe(await said(known, 'yaml'))
  expect(JSON.parse(await ask(second, 'suggest?cluster=default&user=nobody'))).toEqual({
    error: { code: 'not_found', message: 'nothing was seen of this subject in this cluster' },
  })
  expect(JSON.parse(await ask(second, 'suggest?cluster=default'))).toEqual({
    error: { code: 'bad_parameter', message: 'give exactly one of user, serviceaccount and group' },
  })
  await second.stop()

  const off = { ...config, roles: { observe: false } }
  const third = await startService({ folder: folder.path, ports: first.ports, config: off })
  expect(JSON.parse(await ask(third, 'subjects'))).toEqual({
    error: { code: 'off', message: 'roles.observe is off in the configuration' },
  })
  await third.stop()
})

it('the service does so with a log in memory, too', async () => {
  await using running = await startApp({
    log: { type: 'memory' },
    rules: { builtin: false },
    roles: { observe: true },
  })
  const sent = bodies.slice(0, 5).map(({ bytes }) => bytes)
  const wanted = await said(await offline(sent), undefined)
  for (const body of sent) await running.post(body)
  expect(await settled(running, 'subjects', wanted)).toBe(wanted)
})

/** Waits until the cursor of the observer has moved for the first time. */
async function savedOnce({ adminUrl }: ServiceProcess): Promise<void> {
  const deadline = AbortSignal.timeout(20_000)
  for (;;) {
    const metrics = await (await fetch(`${adminUrl}/metrics`, { signal: deadline })).text()
    if (metrics.includes('kubewitness_topic_lag_records{topic="events",group="observe"} 0')) return
    await wait(50, undefined, { signal: deadline })
  }
}
