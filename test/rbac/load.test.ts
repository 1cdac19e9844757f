import { describe, expect, it } from 'vitest'
import { loadRbac } from '../../src/rbac/load.ts'

const meta = { labels: {}, annotations: {} }
const apiGroup = 'rbac.authorization.k8s.io'

function problemsOf(text: string): string[] {
  return loadRbac([{ path: 'rbac.yaml', text }]).problems.map(
    ({ line, column, severity, code, message }) =>
      `${line}:${column} ${severity} ${code} ${message}`,
  )
}

describe('the loader of RBAC manifests', () => {
  it('reads documents, comments between them, and objects of other kinds, which it counts', () => {
    const { objects, problems, others } = loadRbac([
      {
        path: 'a.yaml',
        text: `# who reads pods
---
apiVersion: ${apiGroup}/v1
kind: Role
metadata: {name: pods, namespace: shop, labels: {team: web}}
rules:
- {apiGroups: [""], resources: [pods, pods/log], verbs: [get]}
--- # and who does not
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
`,
      },
    ])
    expect({ problems, others }).toEqual({ problems: [], others: 1 })
    expect(objects).toEqual({
      roles: [
        {
          kind: 'Role',
          name: 'pods',
          namespace: 'shop',
          labels: { team: 'web' },
          annotations: {},
          rules: [
            {
              verbs: ['get'],
              apiGroups: [''],
              resources: ['pods', 'pods/log'],
              resourceNames: [],
              nonResourceURLs: [],
            },
          ],
        },
      ],
      clusterRoles: [],
      roleBindings: [],
      clusterRoleBindings: [],
    })
  })

  it('reads a List, and sets defaults as the API server does', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: `${apiGroup}/v1`,
          kind: 'RoleBinding',
          metadata: { name: 'b', namespace: 'shop' },
          roleRef: { kind: 'Role', name: 'pods' },
          subjects: [
            { kind: 'User', name: 'alice' },
            { kind: 'Group', name: 'devs', apiGroup: '' },
            { kind: 'ServiceAccount', name: 'web' },
          ],
        },
      ],
    }
    const { objects, problems } = loadRbac([
      { path: 'l.json', text: JSON.stringify(list, null, 2) },
    ])
    expect(problems.map(({ message }) => message)).toEqual([
      'RoleBinding shop/b: there is no Role shop/pods; it gives nothing',
    ])
    expect(objects.roleBindings).toEqual([
      {
        kind: 'RoleBinding',
        name: 'b',
        namespace: 'shop',
        ...meta,
        roleRef: { apiGroup, kind: 'Role', name: 'pods' },
        subjects: [
          { kind: 'User', apiGroup, name: 'alice', namespace: '' },
          { kind: 'Group', apiGroup, name: 'devs', namespace: '' },
          { kind: 'ServiceAccount', apiGroup: '', name: 'web', namespace: '' },
        ],
      },
    ])
  })

  it('takes items of a typed list for what the list holds, and objects of JSON one behind the other', () => {
    const list = (name: string): string =>
      JSON.stringify({
        apiVersion: `${apiGroup}/v1`,
        kind: 'ClusterRoleList',
        items: [{ metadata: { name }, rules: null }],
      })
    const { objects, problems } = loadRbac([
      { path: 'l.json', text: `${list('a{')}\n${list('b')}` },
    ])
    expect(problems).toEqual([])
    expect(objects.clusterRoles).toEqual([
      { kind: 'ClusterRole', name: 'a{', ...meta, rules: [] },
      { kind: 'ClusterRole', name: 'b', ...meta, rules: [] },
    ])
  })

  it('keeps the aggregation of a ClusterRole', () => {
    const { objects } = loadRbac([
      {
        path: 'a.yaml',
        text: `
apiVersion: ${apiGroup}/v1
kind: ClusterRole
metadata: {name: monitoring}
aggregationRule:
  clusterRoleSelectors:
  - matchLabels: {monitor: "true"}
    matchExpressions: [{key: tier, operator: In, values: [a, b]}]
`,
      },
    ])
    expect(objects.clusterRoles[0]?.aggregationRule).toEqual({
      clusterRoleSelectors: [
        {
          matchLabels: { monitor: 'true' },
          matchExpressions: [{ key: 'tier', operator: 'In', values: ['a', 'b'] }],
        },
      ],
    })
  })

  it('tells what the API server would drop or refuse, each with its place', () => {
    expect(
      problemsOf(`apiVersion: ${apiGroup}/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleref: {kind: Role, name: x}
roleRef: {kind: role, name: x}
subjects:
- {kind: user, name: alice}
- {kind: ServiceAccount, name: web, apiGroup: ${apiGroup}}
- {kind: User, kind: Group, name: devs}
`),
    ).toEqual([
      '4:1 warning rbac.unknownField RoleBinding shop/b: roleref: no such field; it is dropped',
      '9:16 warning rbac.repeatedField RoleBinding shop/b: subjects[2].kind: was there already; the last one is taken',
      '5:17 warning rbac.refused RoleBinding shop/b: roleRef.kind: "role" is not supported; use "Role" or "ClusterRole"',
      '7:10 warning rbac.refused RoleBinding shop/b: subjects[0].kind: "user" is not supported; use "User" or "Group" or "ServiceAccount"',
      '8:47 warning rbac.refused RoleBinding shop/b: subjects[1].apiGroup: "rbac.authorization.k8s.io" is not supported; use ""',
    ])
  })

  it('tells what gives nothing, though it stands there', () => {
    expect(
      problemsOf(`apiVersion: ${apiGroup}/v1beta1
kind: Role
metadata: {name: "a/b"}
rules:
- {apiGroups: [""], resources: [pods]}
- {nonResourceURLs: [/healthz], verbs: [get], resources: [pods]}
---
apiVersion: ${apiGroup}/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {kind: ClusterRole, name: x}
subjects: [{kind: ServiceAccount, name: Web}]
`),
    ).toEqual([
      '1:1 warning rbac.apiVersion rbac.authorization.k8s.io/v1beta1: no longer served; read as rbac.authorization.k8s.io/v1',
      '3:18 warning rbac.refused Role /a/b: metadata.name: "a/b" is no name',
      '3:11 warning rbac.refused Role /a/b: metadata.namespace: is missing, so that it applies nowhere',
      '5:3 warning rbac.refused Role /a/b: rules[0].verbs: is empty, so that the rule allows nothing',
      '6:21 warning rbac.refused Role /a/b: rules[1].nonResourceURLs: only a ClusterRole can have them',
      '6:21 warning rbac.refused Role /a/b: rules[1].nonResourceURLs: cannot stand beside resources in one rule',
      '12:41 warning rbac.refused ClusterRoleBinding b: subjects[0].name: "Web" is no service account',
      '12:12 warning rbac.refused ClusterRoleBinding b: subjects[0].namespace: is missing, so that it is nobody',
      '8:1 warning rbac.dangling ClusterRoleBinding b: there is no ClusterRole x; it gives nothing',
    ])
  })

  it('leaves out an object that cannot be decoded, and a document that cannot be read, with errors', () => {
    const text = `apiVersion: ${apiGroup}/v1
kind: Role
metadata: {name: a, namespace: shop}
rules: [{verbs: get}]
---
a: [
---
apiVersion: ${apiGroup}/v1
kind: Role
metadata: {name: b, namespace: shop}
---
apiVersion: ${apiGroup}/v1
kind: Role
metadata: {name: b, namespace: shop}
rules: [{verbs: [get, null], apiGroups: [""], resources: [pods]}]
`
    expect(problemsOf(text)).toEqual([
      '4:17 error rbac.type Role shop/a: rules[0].verbs: has to be a list, not the text "get"',
      expect.stringMatching(/^7:1 error rbac\.syntax /),
      '12:1 warning rbac.repeatedObject Role shop/b: was there already; the last one is taken',
    ])
    const { roles } = loadRbac([{ path: 'a.yaml', text }]).objects
    expect(roles.map(({ name, rules }) => [name, rules[0]?.verbs])).toEqual([['b', ['get', '']]])
  })

  it('reads what kubectl reads of odd files', () => {
    const roleNamed = (name: string): string =>
      `{"apiVersion": "${apiGroup}/v1", "kind": "ClusterRole", "metadata": {"name": "${name}"}}`
    const namesIn = (text: string): string[] =>
      loadRbac([{ path: 'a', text }]).objects.clusterRoles.map(({ name }) => name)
    expect(namesIn(`${roleNamed('a')}${roleNamed('b')}`)).toEqual(['a', 'b'])
    expect(namesIn(`${roleNamed('a')}\n---\n${roleNamed('b')}`)).toEqual(['a', 'b'])
    expect(namesIn(`\ufeff---\r\n${roleNamed('a')}\r\n---\r\n${roleNamed('b')}\r\n`)).toEqual([
      'a',
      'b',
    ])
    expect(namesIn(roleNamed('a').replaceAll('"', ''))).toEqual(['a'])
    expect(problemsOf(`---\n${roleNamed('a')}\n...\nb: c`)).toEqual([
      '4:1 warning rbac.unread is not read; begin it with a line of ---',
    ])
    expect(namesIn(`\ufeff${roleNamed('a')}`)).toEqual(['a'])
    expect(problemsOf(`a: b\n--- c\n`)).toContain(
      '2:1 error rbac.syntax a line of three dashes can have nothing but a comment behind them',
    )
    expect(problemsOf('kind: Role')).toEqual([
      '1:1 warning rbac.apiVersion Role: has no apiVersion; it is passed over',
    ])
    expect(problemsOf('kind: [Role]')).toEqual([
      '1:7 error rbac.type kind: has to be a text, not a list',
    ])
  })

  it('survives what nobody would write', () => {
    const nested = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    expect(problemsOf(nested)).toEqual(['1:1 error rbac.syntax the file is nested too deeply'])
    expect(problemsOf('{"a":'.repeat(100_000))).toHaveLength(1)
    expect(problemsOf(`{"a": "${'x'.repeat(1_000_000)}`)).toHaveLength(1)
    const note = JSON.stringify('"{'.repeat(200_000))
    const role = `{"apiVersion": "${apiGroup}/v1", "kind": "ClusterRole", "metadata": {"name": "a", "annotations": {"note": ${note}}}}`
    expect(problemsOf(role)).toEqual([])
  })
})
