import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rawEvent } from '../rbac/observe/events.ts'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const manifests = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'pods' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'pods' },
      roleRef: { kind: 'ClusterRole', name: 'pods' },
      subjects: [{ kind: 'User', name: 'alice' }],
    },
  ],
}
const events = `${JSON.stringify(rawEvent({ verb: 'list', namespace: 'shop' }))}\n`

async function run(...args: readonly string[]) {
  await using folder = await createTemporaryFolder('roles')
  const rbac = join(folder.path, 'rbac.json')
  writeFileSync(rbac, JSON.stringify(manifests))
  return await runCommand(['roles', ...args, '--rbac', rbac, '--', '-'], { stdin: events })
}

describe('kubewitness roles diff', () => {
  it('tells what could go, as a table, and that there is something', async () => {
    const { code, stdout } = await run('diff', '--user', 'alice')
    expect(code).toBe(1)
    expect(stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  '))).toEqual([
      'SUBJECT  GRANT  STATUS  REQUESTS  LAST SEEN  UNUSED OR TOO BROAD',
      'User alice  ClusterRoleBinding pods of ClusterRole pods  partly  1  2026-03-01T10:00:00Z  all namespaces, used shop; rules[0]: no get',
      '',
      'SUBJECT  REQUESTS  GRANTED  USED  EXCESS  UNUSED AND DANGEROUS  CONFIDENCE',
      expect.stringMatching(/^User alice {2}1 {2}2 {2}1 {2}50 % {2}low: /),
      '',
    ])
  })

  it('gives one record for each grant, and one for the subject', async () => {
    const { stdout } = await run('diff', '--user', 'alice', '--output', 'json')
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(records.map(({ kind }) => kind)).toEqual(['grant', 'subject'])
    expect(records[0]).toEqual({
      kind: 'grant',
      subject: { kind: 'User', name: 'alice' },
      binding: { kind: 'ClusterRoleBinding', name: 'pods' },
      role: { kind: 'ClusterRole', name: 'pods' },
      through: 'itself',
      by: { kind: 'User', name: 'alice' },
      status: 'partly',
      requests: 1,
      firstSeen: '2026-03-01T10:00:00.000000Z',
      lastSeen: '2026-03-01T10:00:00.000000Z',
      broader: [{ part: 'namespaces', granted: 'all namespaces', used: ['shop'] }],
      rules: [
        {
          index: 0,
          rule: { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
          status: 'partly',
          requests: 1,
          firstSeen: '2026-03-01T10:00:00.000000Z',
          lastSeen: '2026-03-01T10:00:00.000000Z',
          unusedVerbs: ['get'],
          unusedApiGroups: [],
          unusedResources: [],
          unusedNames: [],
          unusedPairs: [],
          broader: [],
          unseen: [],
        },
      ],
      watched: {
        from: '2026-03-01T10:00:00.000000Z',
        to: '2026-03-01T10:00:00.000000Z',
        days: 0,
        gaps: 0,
      },
    })
  })

  it('takes exactly one subject', async () => {
    expect((await run('diff')).code).toBe(2)
    expect((await run('diff', '--all', '--user', 'alice')).code).toBe(2)
  })
})

describe('kubewitness roles report', () => {
  it.each([
    ['table', 'SUBJECTS BY EXCESS'],
    ['markdown', '## Subjects by excess'],
    ['html', '<h2>Subjects by excess</h2>'],
    ['json', '{"kind":"report",'],
    ['yaml', '---\nkind: "report"\n'],
  ])('is written as %s', async (format, part) => {
    const { code, stdout, stderr } = await run('report', '--output', format)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(part)
    expect(stdout).toContain('alice')
  })

  it('tells events from manifests where all stand behind --rbac', async () => {
    await using folder = await createTemporaryFolder('roles')
    const [rbac, log] = [join(folder.path, 'rbac.json'), join(folder.path, 'audit.json')]
    writeFileSync(rbac, JSON.stringify(manifests))
    writeFileSync(log, events)
    const { code, stdout } = await runCommand(['roles', 'report', '--rbac', rbac, log])
    expect(code).toBe(0)
    expect(stdout).toContain('User alice  1')
    const { code: without, stderr } = await runCommand(['roles', 'report', '--rbac', rbac])
    expect(without).toBe(2)
    expect(stderr).toContain('usage.invalid: no recorded events are given beside the manifests')
  })

  it('says when a file could not be read', async () => {
    const { code, stderr } = await runCommand([
      'roles',
      'report',
      '--rbac',
      '-',
      '--',
      'no/such.jsonl',
    ])
    expect(code).toBe(3)
    expect(stderr).toContain('cannot read no/such.jsonl')
  })
})
