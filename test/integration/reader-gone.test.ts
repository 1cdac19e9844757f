import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createSender } from '../support/sender.ts'
import { startService } from '../support/service-process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const rule =
  'title: Any\nid: 4f6d2b52-6a2e-4c39-9d3b-5b7d1c1e0a01\nlevel: low\nlogsource: { product: kubernetes }\ndetection: { s: { verb: get }, condition: s }\n'
const body = Buffer.from(
  '{"kind":"EventList","items":[{"auditID":"a","stage":"ResponseComplete","verb":"get","requestURI":"/version"}]}',
)

it('the service goes on receiving, and delivers elsewhere, when nobody reads its standard output any more', async () => {
  await using folder = await createTemporaryFolder('reader-gone')
  const rules = join(folder.path, 'any.yml')
  const alerts = join(folder.path, 'alerts.jsonl')
  writeFileSync(rules, rule)
  const service = await startService({
    folder: folder.path,
    config: {
      rules: { builtin: false, paths: [rules] },
      sinks: [
        { name: 'console', type: 'stdout' },
        { name: 'file', type: 'file', path: alerts },
      ],
    },
  })
  service.closeStdout()
  const data = join(folder.path, 'data')
  const sender = createSender({
    url: `https://127.0.0.1:${service.ports.webhook}/audit/default`,
    token: readFileSync(join(data, 'tokens', 'default'), 'utf8').trim(),
    ca: readFileSync(join(data, 'tls', 'ca.crt'), 'utf8'),
    protocol: 'h2',
    random: Math.random,
    timeScale: 0.01,
  })
  expect((await sender.send(body, AbortSignal.timeout(20_000))).outcome).toBe('accepted')
  sender.close()
  const told = (): string =>
    service.stderrLines.filter((line) => line.includes('"sink"')).join('\n')
  const deadline = AbortSignal.timeout(15_000)
  while (told() === '' || readFileSync(alerts, 'utf8') === '')
    await wait(50, undefined, { signal: deadline })
  expect(told()).toMatch(/Sink refuses everything.*"sink":"console"|"sink":"console".*Sink refuses/)
  expect((await fetch(`${service.adminUrl}/readyz`)).status).toBe(200)
  expect(await service.stop()).toEqual({ code: 0, signal: null })
})
