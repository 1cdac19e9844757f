import { describe, expect, it } from 'vitest'
import { readEvents } from '../../support/recordings.ts'
import { readField } from './support.ts'

const write = (more: object) => ({ verb: 'create', objectRef: { resource: 'pods' }, ...more })
const pod = (spec: object) => write({ requestObject: { spec } })

describe('the effective object', () => {
  const sent = { metadata: { name: 'sent' } }
  const stored = { metadata: { name: 'stored' } }

  it.each([
    [{ requestObject: sent, responseObject: stored }, 'response', 'stored'],
    [{ requestObject: sent }, 'request', 'sent'],
    [
      { requestObject: sent, responseObject: { kind: 'Status', status: 'Failure' } },
      'request',
      'sent',
    ],
    [{ requestObject: sent, responseObject: { kind: 'Table', rows: [] } }, 'request', 'sent'],
    [
      { requestObject: sent, responseObject: { kind: 'PartialObjectMetadata', ...stored } },
      'request',
      'sent',
    ],
    [{ verb: 'update', requestObject: sent }, 'request', 'sent'],
    [{ verb: 'patch', requestObject: sent }, 'patch', 'sent'],
    [
      {
        verb: 'patch',
        requestObject: [{ op: 'replace', path: '/metadata/name', value: 'patched' }],
      },
      'patch',
      'patched',
    ],
    [{ verb: 'patch', requestObject: [], responseObject: stored }, 'response', 'stored'],
  ])('of %j is read from the %s', (more, source, name) => {
    expect(readField(write(more), 'effectiveObjectSource')).toEqual([source])
    expect(readField(write(more), 'effectiveObject.metadata.name')).toEqual([name])
  })

  it.each([
    { verb: 'get', responseObject: stored },
    { verb: 'delete', responseObject: stored, requestObject: sent },
    { requestObject: 'text' },
    { requestObject: [sent] },
    { requestObject: null, responseObject: 5 },
    {},
  ])('is absent in %j', (more) => {
    expect(readField(write(more), 'effectiveObjectSource')).toBe(undefined)
    expect(readField(write(more), 'effectiveObject.metadata.name')).toBe(undefined)
  })

  it('has the name that the server made up', () => {
    const raw = write({ objectRef: { resource: 'pods' }, responseObject: stored })
    expect(readField(raw, 'objectName')).toEqual(['stored'])
    expect(readField({ ...raw, objectRef: { name: 'asked' } }, 'objectName')).toEqual(['asked'])
    expect(readField({ objectRef: { name: 'read' }, verb: 'get' }, 'objectName')).toEqual(['read'])
  })
})

describe('a pod spec', () => {
  const spec = { hostPID: true }
  const metadata = { annotations: { 'example.com/a': 'b' } }

  it.each([
    ['pods', '', { metadata, spec }],
    ['podtemplates', '', { template: { metadata, spec } }],
    ['replicationcontrollers', '', { spec: { template: { metadata, spec } } }],
    ['deployments', 'apps', { spec: { template: { metadata, spec } } }],
    ['replicasets', 'apps', { spec: { template: { metadata, spec } } }],
    ['statefulsets', 'apps', { spec: { template: { metadata, spec } } }],
    ['daemonsets', 'apps', { spec: { template: { metadata, spec } } }],
    ['jobs', 'batch', { spec: { template: { metadata, spec } } }],
    ['cronjobs', 'batch', { spec: { jobTemplate: { spec: { template: { metadata, spec } } } } }],
  ])('is found in %s', (resource, apiGroup, requestObject) => {
    const raw = write({ objectRef: { resource, apiGroup }, requestObject })
    expect(readField(raw, 'podSpec.hostPID')).toEqual([true])
    expect(readField(raw, 'hostNamespaces')).toEqual(['hostPID'])
    expect(readField(raw, 'podMetadata.annotations.example.com/a')).toEqual(['b'])
    const other = { ...raw, objectRef: { resource, apiGroup: 'example.com' } }
    expect(readField(other, 'podSpec.hostPID')).toBe(undefined)
    const status = { ...raw, objectRef: { resource, apiGroup, subresource: 'status' } }
    expect(readField(status, 'podSpec.hostPID')).toBe(undefined)
  })

  it('is found where a container is added to a running pod', () => {
    const raw = write({
      verb: 'patch',
      objectRef: { resource: 'pods', subresource: 'ephemeralcontainers' },
      requestObject: { spec: { ephemeralContainers: [{ image: 'alpine' }] } },
    })
    expect(readField(raw, 'images')).toEqual(['alpine'])
  })

  const everything = pod({
    serviceAccountName: 'web',
    hostNetwork: true,
    hostIPC: false,
    hostPID: 'yes',
    initContainers: [
      {
        name: 'a',
        image: 'ghcr.io/example/init:1',
        command: ['sh', '-c'],
        args: ['curl x | sh'],
        securityContext: { privileged: true, capabilities: { add: ['cap_sys_admin', 5] } },
      },
    ],
    containers: [
      {
        name: 'b',
        image: 'LOCALHOST:5000/web',
        lifecycle: { postStart: { exec: { command: ['touch', '/x'] } } },
        livenessProbe: { exec: { command: ['true'] } },
        securityContext: { capabilities: { add: ['NET_ADMIN'] } },
        volumeMounts: [
          { name: 'root', mountPath: '/host' },
          { name: 'log', readOnly: true },
        ],
      },
      { name: 'c', $patch: 'delete' },
      'odd',
    ],
    ephemeralContainers: [{ image: 'busybox' }, { image: 'library/alpine' }, {}],
    volumes: [
      { name: 'root', hostPath: { path: '//var/../etc/./kubernetes/' } },
      { name: 'log', hostPath: { path: '/var/log/' } },
      { name: 'x', emptyDir: {} },
      { name: 'y', hostPath: { path: 5 } },
    ],
  })

  it.each([
    ['images', ['ghcr.io/example/init:1', 'LOCALHOST:5000/web', 'busybox', 'library/alpine']],
    ['imageRegistries', ['ghcr.io', 'localhost:5000', 'docker.io', 'docker.io']],
    ['containerCommands', ['sh -c curl x | sh', 'touch /x', 'true']],
    ['addedCapabilities', ['SYS_ADMIN', 'NET_ADMIN']],
    ['isPrivileged', [true]],
    ['hostNamespaces', ['hostNetwork']],
    ['hostPaths', ['/etc/kubernetes', '/var/log']],
    ['writableHostPaths', ['/etc/kubernetes']],
    ['podServiceAccount', ['web']],
    ['containers.name', ['a', 'b']],
    ['podSpec.volumes.name', ['root', 'log', 'x', 'y']],
  ])('has %s: %j', (field, values) => {
    expect(readField(everything, field)).toEqual(values)
  })

  it.each([
    ['isPrivileged', pod({ containers: [{ securityContext: { privileged: 'true' } }] }), [false]],
    ['isPrivileged', pod({ securityContext: { windowsOptions: { hostProcess: true } } }), [true]],
    [
      'isPrivileged',
      pod({ containers: [{ securityContext: { windowsOptions: { hostProcess: true } } }] }),
      [true],
    ],
    ['isPrivileged', write({}), undefined],
    ['podServiceAccount', pod({ serviceAccount: 'old' }), ['old']],
    ['images', pod({ containers: {} }), undefined],
    ['images', pod({ containers: [null, [], { image: 5 }] }), undefined],
    ['hostPaths', pod({ volumes: [{ hostPath: { path: '/../..' } }] }), ['/']],
  ])('%s of %j is %j', (field, raw, values) => {
    expect(readField(raw, field)).toEqual(values)
  })

  it('of 100,000 containers is read like others', () => {
    const containers = Array.from({ length: 100_000 }, (_, i) => ({
      image: `a${i}`,
      securityContext: { privileged: i === 99_999 },
      volumeMounts: [{ name: `v${i}` }],
    }))
    const volumes = containers.map((_, i) => ({ name: `v${i}`, hostPath: { path: `/${i}` } }))
    const raw = pod({ containers, volumes })
    expect(readField(raw, 'isPrivileged')).toEqual([true])
    expect(readField(raw, 'images')).toHaveLength(100_000)
    expect(readField(raw, 'writableHostPaths')).toHaveLength(100_000)
  })
})

describe('a Secret or ConfigMap', () => {
  const data = (requestObject: unknown, more: object = {}) =>
    write({ objectRef: { resource: 'configmaps' }, requestObject, ...more })
  const patch = [
    { op: 'replace', path: '/data/mapRoles', value: 'a' },
    { op: 'remove', path: '/data/mapUsers' },
  ]

  it.each([
    [
      data({ data: { a: '1', 'b.pem': '[redacted:1]' }, binaryData: { c: 'AA==' } }),
      ['a', 'b.pem', 'c'],
    ],
    [data({ stringData: { token: 'x' } }, { objectRef: { resource: 'secrets' } }), ['token']],
    [data(patch, { verb: 'patch' }), ['mapRoles']],
    [data({ data: {} }), undefined],
    [data({ data: 'odd' }), undefined],
    [data({ data: { a: '1' } }, { objectRef: { resource: 'widgets' } }), undefined],
    [
      data({ data: { a: '1' } }, { objectRef: { resource: 'secrets', apiGroup: 'example.com' } }),
      undefined,
    ],
  ])('of %j has the names %j', (raw, names) => {
    expect(readField(raw, 'dataKeys')).toEqual(names)
  })
})

describe('a role or binding', () => {
  const rbac = (resource: string, requestObject: object, more: object = {}) =>
    write({
      objectRef: { apiGroup: 'rbac.authorization.k8s.io', resource, namespace: 'shop' },
      requestObject,
      ...more,
    })
  const rules = [{ verbs: ['get', 'list'], resources: ['secrets'] }, { verbs: ['*'] }]
  const subjects = [
    { kind: 'User', name: 'alice' },
    { kind: 'Group', name: 'system:authenticated' },
    { kind: 'ServiceAccount', name: 'web' },
    { kind: 'ServiceAccount', name: 'ci', namespace: 'build' },
    'odd',
  ]
  const binding = rbac('rolebindings', { roleRef: { kind: 'ClusterRole', name: 'edit' }, subjects })

  it.each([
    ['roleRules', rbac('clusterroles', { rules }), rules],
    ['roleRules.verbs', rbac('roles', { rules }), ['get', 'list', '*']],
    ['roleRules', binding, undefined],
    ['roleRules', rbac('roles', { rules: [] }), undefined],
    ['roleRules', { ...rbac('roles', { rules }), verb: 'delete' }, undefined],
    ['boundRole', binding, ['edit']],
    ['boundRoleKind', binding, ['ClusterRole']],
    ['bindingSubjects', binding, subjects.slice(0, 4)],
    ['bindingSubjects.kind', binding, ['User', 'Group', 'ServiceAccount', 'ServiceAccount']],
    [
      'boundUsers',
      binding,
      ['alice', 'system:serviceaccount:shop:web', 'system:serviceaccount:build:ci'],
    ],
    ['boundGroups', binding, ['system:authenticated']],
    ['boundRole', rbac('roles', { roleRef: { name: 'edit' } }), undefined],
    [
      'roleRules.verbs',
      rbac('clusterroles', [{ op: 'add', path: '/rules/-', value: { verbs: ['escalate'] } }], {
        verb: 'patch',
      }),
      ['escalate'],
    ],
    [
      'roleRules.verbs',
      rbac('clusterroles', [{ op: 'add', path: '/rules/0/verbs/-', value: 'bind' }], {
        verb: 'patch',
      }),
      ['bind'],
    ],
  ])('has %s of %j: %j', (field, raw, values) => {
    expect(readField(raw, field)).toEqual(values)
  })
})

describe('recorded writes', () => {
  const told = (name: string, fields: readonly string[]) =>
    readEvents(`attacks/${name}.rr.jsonl`)
      .filter((raw) => !String(readField(raw, 'actor')?.[0]).startsWith('system:'))
      .map((raw) => Object.fromEntries(fields.map((field) => [field, readField(raw, field)])))
      .filter((values) => Object.values(values).some((value) => value !== undefined))

  it('show a pod that takes over its node', () => {
    const fields = [
      'images',
      'isPrivileged',
      'hostNamespaces',
      'writableHostPaths',
      'containerCommands',
    ]
    expect(told('privileged-pod', fields)).toEqual([
      {
        images: ['alpine:3.22'],
        isPrivileged: [true],
        hostNamespaces: ['hostPID', 'hostNetwork'],
        writableHostPaths: ['/'],
        containerCommands: ['nsenter -t 1 -a sleep 9999'],
      },
    ])
  })

  it('show a container that was added to a pod', () => {
    expect(told('ephemeral-container', ['imageRegistries', 'addedCapabilities'])).toEqual([
      {
        imageRegistries: ['registry.internal.example', '203.0.113.9'],
        addedCapabilities: ['SYS_PTRACE'],
      },
    ])
  })

  it('show who was bound to what, refused or not', () => {
    const fields = ['boundRole', 'boundUsers']
    const actors = readEvents('attacks/rbac-escalation-refused.rr.jsonl').flatMap((raw) => {
      const [role] = readField(raw, 'boundRole') ?? []
      return role === undefined
        ? []
        : [
            [
              role,
              readField(raw, 'outcome')?.[0],
              readField(raw, 'boundUsers')?.[0] === readField(raw, 'actor')?.[0],
            ],
          ]
    })
    expect(actors).toEqual([
      ['cluster-admin', 'escalationRefused', true],
      ['edit', 'escalationRefused', true],
      ['cluster-admin', 'allowed', true],
    ])
    expect(told('impersonation', fields)).toEqual([
      { boundRole: ['cluster-admin'], boundUsers: ['alice@acme-shop.example'] },
    ])
  })

  it('show the rules of a role', () => {
    expect(told('rbac-wildcard-role', ['roleRules.verbs', 'roleRules.resources'])).toEqual([
      { 'roleRules.verbs': ['*', '*'], 'roleRules.resources': ['*'] },
      { 'roleRules.verbs': ['*'], 'roleRules.resources': ['*'] },
      { 'roleRules.verbs': ['get', 'list', 'watch'], 'roleRules.resources': ['pods'] },
    ])
  })
})
