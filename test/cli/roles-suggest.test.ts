import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { rawEvent, type SaidEvent } from '../rbac/observe/events.ts'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const robot = 'system:serviceaccount:ci:robot'
const events: SaidEvent[] = [
  { user: robot, namespace: 'a', name: 'x' },
  { user: robot, namespace: 'a', name: 'x', verb: 'delete', code: 403 },
  { user: 'alice', namespace: 'b', verb: 'list' },
  { user: 'system:kube-scheduler', verb: 'watch' },
]

/** With `FILE` in the arguments for a file of the events. */
async function suggestRoles(...args: string[]) {
  await using folder = await createTemporaryFolder('suggest')
  const file = join(folder.path, 'audit.log')
  writeFileSync(file, events.map((said) => `${JSON.stringify(rawEvent(said))}\n`).join(''))
  return await runCommand(['roles', 'suggest', ...args.map((arg) => (arg === 'FILE' ? file : arg))])
}

describe('roles suggest', () => {
  it('writes manifests, and the replay on standard error', async () => {
    const { code, stdout, stderr } = await suggestRoles('--serviceaccount', 'ci:robot', 'FILE')
    expect(code).toBe(0)
    expect(stderr).toBe(
      '1 subject, 2 objects; replayed: 1 of 1 requests that were used are allowed, 0 of 1 that were refused\n',
    )
    expect(
      stdout
        .split('\n---\n')
        .slice(1)
        .map((text) => parse(text)),
    ).toMatchObject([
      { kind: 'Role', rules: [{ resources: ['pods'], resourceNames: ['x'], verbs: ['get'] }] },
      {
        kind: 'RoleBinding',
        subjects: [{ kind: 'ServiceAccount', namespace: 'ci', name: 'robot' }],
      },
    ])
  })

  it('writes the same as lines of JSON, with evidence', async () => {
    const { stdout } = await suggestRoles('--user', 'alice', '--output', 'json', 'FILE')
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { kind: 'Role', rules: [{ verbs: ['list'], evidence: { requests: 1 } }] },
      { kind: 'RoleBinding' },
      { kind: 'RoleSuggestion', proof: { used: 1, usedAllowed: 1 } },
    ])
  })

  it('is for all but the parts of Kubernetes', async () => {
    const { stdout } = await suggestRoles('--all', '--output', 'table', 'FILE')
    expect(stdout.split('\n').map((line) => line.split('  ')[0])).toEqual([
      'SUBJECT',
      'User alice',
      'ServiceAccount ci/robot',
      '',
    ])
  })

  it('takes --expand with verbs or without, before a file', async () => {
    for (const expand of [
      ['--expand'],
      ['--expand', 'get,list,watch'],
      ['--expand=get,list,watch'],
    ]) {
      const { stdout } = await suggestRoles('--user', 'alice', ...expand, 'FILE')
      expect(stdout).toContain('verbs: ["get", "list", "watch"]')
    }
  })

  it('says when nothing is known of the subject', async () => {
    const { code, stderr } = await suggestRoles('--user', 'nobody', 'FILE')
    expect([code, stderr]).toEqual([1, 'no event is of such a subject\n'])
  })

  it.each([
    ['no subject', ['FILE']],
    ['two subjects', ['--user', 'a', '--all', 'FILE']],
    ['no account', ['--serviceaccount', 'robot', 'FILE']],
    ['no file', ['--user', 'a']],
    ['no count', ['--user', 'a', '--max-names', 'few', 'FILE']],
    ['no label', ['--user', 'a', '--label', 'x', 'FILE']],
    ['an option of another tool', ['--user', 'a', '-n', 'b', 'FILE']],
    ['a group for another tool', ['--group', 'a', '--compat', 'audit2rbac', 'FILE']],
  ])('is wrong usage with %s', async (_what, args) => {
    expect((await suggestRoles(...args)).code).toBe(2)
  })

  it('makes the roles of audit2rbac with its options', async () => {
    const { code, stdout } = await suggestRoles(
      ...['--compat', 'audit2rbac', '-f', 'FILE', '--serviceaccount', 'ci:robot', '-n', 'a'],
      ...['--generate-labels', 'made=yes,by=\u0024{user}', '--generate-annotations', ''],
    )
    expect(code).toBe(0)
    expect(parse(stdout.split('---\n')[0] ?? '')).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: {
        name: 'audit2rbac:system:serviceaccount:ci:robot',
        namespace: 'a',
        labels: { made: 'yes', by: 'system-serviceaccount-ci-robot' },
      },
      rules: [
        { apiGroups: [''], resources: ['pods'], resourceNames: ['x'], verbs: ['delete', 'get'] },
      ],
    })
  })
})
