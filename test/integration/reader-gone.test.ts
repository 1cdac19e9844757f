import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startService } from '../support/service-process.ts'
import { postBodies } from '../support/service-sender.ts'
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
  await postBodies(service, [body])
  const patient = { timeout: 15_000 }
  await expect
    .poll(() => service.stderrLines.find((line) => line.includes('"sink"')), patient)
    .toMatch(/Sink refuses everything.*"sink":"console"|"sink":"console".*Sink refuses/)
  await expect.poll(() => readFileSync(alerts, 'utf8'), patient).toContain('"name":"any"')
  expect((await fetch(`${service.adminUrl}/readyz`)).status).toBe(200)
  expect(await service.stop()).toEqual({ code: 0, signal: null })
})
