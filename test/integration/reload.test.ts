import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startService } from '../support/service-process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const rule =
  'title: Any\nid: 4f6d2b52-6a2e-4c39-9d3b-5b7d1c1e0a01\nlevel: low\nlogsource: { product: kubernetes }\ndetection: { s: { verb: get }, condition: s }\n'

it('rules are read again at SIGHUP and when a file changes; a broken set is refused with its place', async () => {
  await using folder = await createTemporaryFolder('reload')
  const rules = join(folder.path, 'rules')
  mkdirSync(rules)
  const service = await startService({
    folder: folder.path,
    config: { rules: { builtin: false, paths: [rules] }, sinks: [], logLevel: 'error' },
  })
  const metric = async (line: string): Promise<number> => {
    const text = await (await fetch(`${service.adminUrl}/metrics`)).text()
    return Number(
      text
        .split('\n')
        .find((one) => one.startsWith(line))
        ?.split(' ')
        .at(-1) ?? 0,
    )
  }
  const reaches = async (line: string, value: number): Promise<void> => {
    const deadline = AbortSignal.timeout(15_000)
    while ((await metric(line)) < value) await wait(50, undefined, { signal: deadline })
  }
  await reaches('kubewitness_rules_loaded', 0)
  writeFileSync(join(rules, 'any.yml'), rule)
  await reaches('kubewitness_rules_loaded', 1)
  writeFileSync(join(rules, 'any.yml'), rule.replace('condition: s', 'condition: t'))
  await reaches('kubewitness_reloads_total{outcome="refused"}', 1)
  expect(await metric('kubewitness_rules_loaded')).toBe(1)
  expect(service.stderrLines.join('\n')).toMatch(/any\.yml:5:\d+: error: .*\bt\b/)
  const before = await metric('kubewitness_reloads_total{outcome="done"}')
  process.kill(service.pid, 'SIGHUP')
  await reaches('kubewitness_reloads_total{outcome="done"}', before + 1)
  expect(await service.stop()).toEqual({ code: 0, signal: null })
})
