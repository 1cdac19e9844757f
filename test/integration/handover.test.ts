import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startApp } from '../support/running-app.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const ruleOf = (number: number): string =>
  [
    `title: Set ${number}`,
    `id: 4f6d2b52-6a2e-4c39-9d3b-00000000000${number}`,
    `name: set_${number}`,
    'level: low',
    'logsource: { product: kubernetes }',
    'detection: { s: { verb: get }, condition: s }',
    // Each event is an alert of its own.
    'kubewitness: { groupBy: [auditID] }',
    '',
  ].join('\n')

const bodyOf = (first: number, count: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      kind: 'EventList',
      items: Array.from({ length: count }, (_, number) => ({
        auditID: `event-${first + number}`,
        stage: 'ResponseComplete',
        verb: 'get',
        requestURI: '/version',
      })),
    }),
  )

it('every event is evaluated by one of the two rule sets when rules change under load, and a broken set changes nothing', async () => {
  await using folder = await createTemporaryFolder('handover')
  const path = join(folder.path, 'rule.yml')
  writeFileSync(path, ruleOf(0))
  await using running = await startApp({ rules: { builtin: false, paths: [path] } })
  const eventsPerBody = 20
  let bodies = 0
  let isLoading = true
  await running.post(bodyOf(bodies++ * eventsPerBody, eventsPerBody))
  await running.settle()
  const load = (async () => {
    while (isLoading) await running.post(bodyOf(bodies++ * eventsPerBody, eventsPerBody))
  })()
  for (let number = 1; number <= 4; number++) {
    writeFileSync(path, number === 3 ? 'title: broken' : ruleOf(number))
    await running.app.reload()
  }
  isLoading = false
  await load
  await running.post(bodyOf(bodies++ * eventsPerBody, eventsPerBody))
  await running.settle()
  const alerts = (await running.alerts()).filter(({ status }) => status === 'open')
  const setsByEvent = Map.groupBy(alerts, ({ events }) => events[0]?.auditID)
  expect(setsByEvent.size).toBe(bodies * eventsPerBody)
  expect(alerts.length).toBe(bodies * eventsPerBody)
  expect(alerts.at(-1)?.rule.name).toBe('set_4')
  expect(alerts.some(({ rule }) => rule.name === 'set_0')).toBe(true)
  // The watch reloads, too.
  expect(
    new Set(running.said.filter(({ level }) => level === 'error').map(({ message }) => message)),
  ).toEqual(new Set(['Reload refused; what was in use stays']))
})
