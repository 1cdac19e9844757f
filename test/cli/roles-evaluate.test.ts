import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../support/run-command.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const apiVersion = 'rbac.authorization.k8s.io/v1'
const role = `apiVersion: ${apiVersion}
kind: ClusterRole
metadata: {name: pods}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
`
const binding = {
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'devs' },
  roleRef: { kind: 'ClusterRole', name: 'pods' },
  subjects: [{ kind: 'Group', name: 'devs' }],
}
const asks = (user: object, verb = 'get'): string =>
  JSON.stringify({ ...user, resourceAttributes: { verb, resource: 'pods', namespace: 'shop' } })

describe('kubewitness roles evaluate', () => {
  it('answers each request by the manifests of folders and files', async () => {
    await using folder = await createTemporaryFolder('roles')
    mkdirSync(join(folder.path, 'rbac/deep'), { recursive: true })
    writeFileSync(join(folder.path, 'rbac/deep/role.yaml'), role)
    writeFileSync(join(folder.path, 'rbac/README.md'), '# no manifest')
    writeFileSync(join(folder.path, 'binding.json'), JSON.stringify(binding))
    const requests = [
      asks({ user: 'alice', groups: ['devs'] }),
      asks({ user: 'bob' }),
      asks({ groups: ['devs'] }),
      asks({ user: 'root', groups: ['system:masters'] }, 'delete'),
    ].join('\n')
    const paths = [join(folder.path, 'rbac'), join(folder.path, 'binding.json')]
    const args = ['roles', 'evaluate', '--rbac', ...paths, '--requests', '-']
    const reason =
      'RBAC: allowed by ClusterRoleBinding "devs" of ClusterRole "pods" to Group "devs"'
    expect(await runCommand(args, { stdin: requests })).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        { allowed: true, reason },
        { allowed: false, reason: '' },
        { allowed: true, reason },
        { allowed: true, reason: '' },
      ]
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    })
    const table = await runCommand([...args, '--output', 'table'], { stdin: requests })
    expect(table.stdout.split('\n').slice(0, 3)).toEqual([
      'LINE  DECISION  REASON',
      `1     allowed   ${reason}`,
      '2     denied',
    ])
  })

  it('says what a cluster would not take, and goes on', async () => {
    await using folder = await createTemporaryFolder('roles')
    writeFileSync(join(folder.path, 'b.json'), JSON.stringify(binding))
    const args = ['roles', 'evaluate', '--rbac', folder.path, '--requests', '-']
    expect(await runCommand(args, { stdin: asks({ groups: ['devs'] }) })).toEqual({
      code: 0,
      stderr: `${join(folder.path, 'b.json')}:1:1: warning: ClusterRoleBinding devs: there is no ClusterRole pods; it gives nothing [rbac.dangling]\n`,
      stdout:
        '{"allowed":false,"reason":"RBAC: clusterrole.rbac.authorization.k8s.io \\"pods\\" not found"}\n',
    })
  })

  it('refuses manifests that cannot be read, all at once', async () => {
    await using folder = await createTemporaryFolder('roles')
    writeFileSync(join(folder.path, 'a.yaml'), role.replace('[get]', 'get'))
    writeFileSync(join(folder.path, 'b.json'), '{"')
    const args = ['roles', 'evaluate', '--rbac', folder.path, '--requests', '-']
    const { code, stderr, stdout } = await runCommand(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('a.yaml:4:53: error: ClusterRole pods: rules[0].verbs: has to be')
    expect(stderr).toContain('b.json:1:3: error: a file that begins with { is read as JSON')
  })

  it('says that a file is not there', async () => {
    const args = ['roles', 'evaluate', '--rbac', 'no/such.yaml', '--requests', '-']
    const { code, stderr } = await runCommand(args)
    expect(code).toBe(3)
    expect(stderr).toContain('input.unreadable: cannot read no/such.yaml: there is no such file')
  })
})
