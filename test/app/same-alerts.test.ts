import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Alert } from '../../src/contracts.ts'
import { recordedAttackBodies } from '../support/recorded-attacks.ts'
import { readWebhookBodies } from '../support/recordings.ts'
import { runCommand } from '../support/run-command.ts'
import { startApp } from '../support/running-app.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { fewRefusals, manyRefusals } from './refusal-rules.ts'

it('scan raises the alerts of the service, by their ids, from the same bodies', async () => {
  await using folder = await createTemporaryFolder('same')
  const bodies = [...recordedAttackBodies(), ...readWebhookBodies().map(({ bytes }) => bytes)]
  writeFileSync(join(folder.path, 'rules.yml'), `${manyRefusals}---\n${fewRefusals}`)
  writeFileSync(join(folder.path, 'bodies.json'), Buffer.concat(bodies))
  await using service = await startApp({
    rules: { minimumLevel: 'informational', paths: [join(folder.path, 'rules.yml')] },
  })
  for (const body of bodies) await service.post(body)
  await service.settle()
  const live = await service.alerts()

  const path = (name: string): string => join(folder.path, name)
  const { stdout } = await runCommand([
    'scan',
    path('bodies.json'),
    ...['--rules', path('rules.yml'), '--output', 'json'],
  ])
  const scanned = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Alert)
  // What waits for the time to pass is still open here, and told at the end there. What the service says of its senders goes by
  // when events come, and no file tells that.
  const isTold = ({ rule, actor }: Alert): boolean =>
    rule.name !== 'few_refusals' && actor !== 'kubewitness'
  const ids = (alerts: readonly Alert[]): string[] =>
    [...new Set(alerts.filter(isTold).map(({ rule, id }) => `${rule.name} ${id}`))].toSorted()
  expect(ids(live)).toEqual(ids(scanned))
  const few = (alerts: readonly Alert[]): number =>
    alerts.filter(({ rule }) => rule.name === 'few_refusals').length
  expect(few(scanned)).toBeGreaterThan(0)
  const seen = new Set(live.map(({ rule }) => rule.name))
  expect(seen).toContain('many_refusals')
  expect(seen).toContain('many_things_refused')
  expect(seen).not.toContain('any_refusal')
}, 60_000)
