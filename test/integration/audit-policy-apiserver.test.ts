import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { startWithAuditPolicy } from '../support/kube-apiserver.ts'
import { runCommand } from '../support/run-command.ts'

/** Path to a binary; without it this file is left out (vitest.config.ts). */
const binary = process.env['KUBE_APISERVER'] ?? 'kube-apiserver'
const loaded = { refusal: undefined, warnings: [] }

describe('a real kube-apiserver', () => {
  const templates = readdirSync('policy-templates').filter(
    (name) => /^[a-z0-9-]+\.yml$/.test(name) && name !== 'openshift.yml',
  )
  it.each(templates)('loads the template %s without a warning', async (name) => {
    const text = readFileSync(`policy-templates/${name}`, 'utf8')
    expect(await startWithAuditPolicy(binary, text)).toEqual(loaded)
  })

  it.each([[['--for-rules', 'detections']], [['--allow-bodies']]])(
    'loads what policy generate %j writes for the rules that come along',
    async (args) => {
      const { code, stdout } = await runCommand(['policy', 'generate', ...args])
      expect(code).toBe(0)
      expect(await startWithAuditPolicy(binary, stdout)).toEqual(loaded)
    },
  )

  it('refuses a broken policy, and warns of a field that it drops', async () => {
    const text = (level: string): string =>
      `apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: ${level}\n  user: [alice]\n`
    const { refusal } = await startWithAuditPolicy(binary, text('metadata'))
    expect(refusal).toContain('loading audit policy file: rules[0].level: Unsupported value')
    expect(await startWithAuditPolicy(binary, text('Metadata'))).toEqual({
      refusal: undefined,
      warnings: [expect.stringContaining('unknown field "rules[0].user"')],
    })
  })
})
