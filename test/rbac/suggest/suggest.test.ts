import { describe, expect, it } from 'vitest'
import { loadRbac } from '../../../src/rbac/load.ts'
import { rbacObjectsOf } from '../../../src/rbac/suggest/assemble.ts'
import { renderYaml } from '../../../src/rbac/suggest/render-yaml.ts'
import { listRecordings } from '../../support/recordings.ts'
import { observedRecording, type SaidEvent } from '../observe/events.ts'
import { outline, suggestedFor, suggestionOf } from './support.ts'

const rbac = 'rbac.authorization.k8s.io'

const outlineOf = (...args: Parameters<typeof suggestedFor>) => outline(suggestedFor(...args))

describe('a suggestion', () => {
  it('is a Role for each namespace, and cluster-wide only what was asked so', () => {
    expect(
      outlineOf([
        { namespace: 'a', name: 'x' },
        { namespace: 'b', resource: 'services', verb: 'list' },
        { verb: 'list', resource: 'nodes' },
        { path: '/metrics' },
      ]),
    ).toEqual([
      'ClusterRole: list nodes',
      'ClusterRole: get /metrics',
      'Role a: get pods=x',
      'Role b: list services',
    ])
  })

  it('binds one ClusterRole in all namespaces that need the same', () => {
    const suggestion = suggestedFor([
      { namespace: 'a', verb: 'list' },
      { namespace: 'b', verb: 'list' },
      { namespace: 'c', verb: 'list' },
      { namespace: 'c', verb: 'watch' },
    ])
    expect(outline(suggestion)).toEqual([
      'ClusterRole: list pods',
      'RoleBinding a → kubewitness:alice:shared',
      'RoleBinding b → kubewitness:alice:shared',
      'Role c: list,watch pods',
    ])
  })

  it('keeps names where RBAC can enforce them', () => {
    expect(
      outlineOf([
        { namespace: 'a', verb: 'create', resource: 'configmaps', name: 'made' },
        { namespace: 'a', verb: 'deletecollection', resource: 'configmaps' },
        { namespace: 'a', verb: 'list', resource: 'secrets', name: 'chosen' },
        {
          namespace: 'a',
          verb: 'create',
          resource: 'serviceaccounts',
          subresource: 'token',
          name: 'robot',
        },
      ]),
    ).toEqual([
      'Role a: create,deletecollection configmaps',
      'Role a: list secrets=chosen',
      'Role a: create serviceaccounts/token=robot',
    ])
  })

  it('drops names that are many, or come and go, and says so', () => {
    const many = (count: number, nameOf: (i: number) => string): SaidEvent[] =>
      Array.from({ length: count }, (_, i) => ({ namespace: 'a', name: nameOf(i) }))
    const suggestion = suggestedFor(many(17, (i) => `n${i}x`))
    expect(outline(suggestion)).toEqual(['Role a: get pods'])
    expect(suggestion.widenings.map(({ why, seen }) => [why, seen])).toEqual([['tooManyNames', 17]])
    expect(outlineOf(many(16, (i) => `n${i}x`))[0]).toContain('=n0x,')
    expect(
      outlineOf(many(2, (i) => `web-7d4b9c6f5d-x2v${i}z`.replace('0', '4').replace('1', '5'))),
    ).toEqual(['Role a: get pods'])
    expect(outlineOf(many(5, (i) => `run-${i}`))).toEqual(['Role a: get pods'])
    expect(outlineOf(many(4, (i) => `run-${i}`))[0]).toContain('=run-0,')
  })

  it('never grants by a wider rule what was refused', () => {
    const named = Array.from({ length: 20 }, (_, i) => ({
      resource: 'secrets',
      namespace: 'a',
      name: `n${i}x`,
    }))
    const refused = { resource: 'secrets', namespace: 'a', name: 'root', code: 403 }
    const suggestion = suggestedFor([...named, refused])
    expect(outline(suggestion)[0]).toContain('get secrets=n0x,n10x')
    expect(suggestion.proof).toMatchObject({
      used: 20,
      usedAllowed: 20,
      wanted: 1,
      wantedAllowed: 0,
    })
    expect(
      outlineOf(
        [
          { namespace: 'a', verb: 'list' },
          { namespace: 'a', verb: 'watch', code: 403 },
        ],
        { expand: [['get', 'list', 'watch']] },
      ),
    ).toEqual(['Role a: get,list pods'])
  })

  it('grants what was refused when asked', () => {
    const events = [
      { namespace: 'a', name: 'x' },
      { namespace: 'a', name: 'x', verb: 'delete', code: 403 },
    ]
    expect(outlineOf(events)).toEqual(['Role a: get pods=x'])
    expect(outlineOf(events, { includeDenied: true })).toEqual(['Role a: get,delete pods=x'])
  })

  it('grants what was allowed and failed', () => {
    expect(
      outlineOf([
        { namespace: 'a', name: 'gone', code: 404 },
        { namespace: 'a', name: 'old', verb: 'update', code: 409 },
      ]),
    ).toEqual(['Role a: get pods=gone', 'Role a: update pods=old'])
  })

  it('leaves out what a wider rule allows, and what every cluster allows', () => {
    expect(
      outlineOf([
        { verb: 'list' },
        { verb: 'list', namespace: 'a' },
        { verb: 'get', namespace: 'a' },
        { verb: 'get', namespace: 'a', name: 'x' },
        { path: '/api' },
        { path: '/openapi/v3/apis/apps' },
        { path: '/version' },
      ]),
    ).toEqual(['ClusterRole: list pods', 'Role a: get pods'])
  })

  it('goes cluster-wide past a number of namespaces that the user sets', () => {
    const events = ['a', 'b', 'c'].map((namespace) => ({ namespace, verb: 'list' }))
    expect(outlineOf(events, { maxNamespaces: 2 })).toEqual(['ClusterRole: list pods'])
    expect(outlineOf(events, { maxNamespaces: 3 })).toHaveLength(4)
  })

  it('writes no wildcard, whatever was asked for', () => {
    const suggestion = suggestedFor([
      { resource: '*', code: 404 },
      { resource: 'pods', subresource: '*', code: 404 },
      { path: '/metrics/*', code: 404 },
      { verb: '*', namespace: 'a', code: 405 },
      { namespace: 'not a namespace', code: 404 },
    ])
    expect(outline(suggestion)).toEqual([])
    expect(suggestion.notGranted).toHaveLength(5)
    expect(suggestion.proof.missing).toHaveLength(5)
  })
})

describe('implied permissions', () => {
  it('of a session opened by get are create, since 1.35', () => {
    const exec = [{ namespace: 'a', name: 'x', subresource: 'exec', code: 101 }]
    expect(outlineOf(exec)).toEqual(['Role a: get,create pods/exec=x'])
    expect(outlineOf(exec, { kubernetesVersion: '1.34' })).toEqual(['Role a: get pods/exec=x'])
  })

  it('are left out when they were refused, and the request worked all the same', () => {
    const exec = { namespace: 'a', name: 'x', subresource: 'exec' }
    expect(outlineOf([exec, { ...exec, verb: 'create', code: 403 }])).toEqual([
      'Role a: get pods/exec=x',
    ])
  })

  it('of a patch that made the object are create, by no name', () => {
    expect(outlineOf([{ namespace: 'a', name: 'x', verb: 'patch', code: 201 }])).toEqual([
      'Role a: patch pods=x',
      'Role a: create pods',
    ])
  })

  it('of an approval are those of the signer that the body names', () => {
    const approval = {
      verb: 'update',
      apiGroup: 'certificates.k8s.io',
      resource: 'certificatesigningrequests',
      subresource: 'approval',
      name: 'csr-a',
    }
    const body = { requestObject: { spec: { signerName: 'kubernetes.io/kubelet-serving' } } }
    expect(outlineOf([{ ...approval, more: body }])).toEqual([
      'ClusterRole: update certificatesigningrequests/approval=csr-a (certificates.k8s.io)',
      'ClusterRole: approve signers=kubernetes.io/kubelet-serving (certificates.k8s.io)',
    ])
    expect(
      suggestedFor([approval]).unseen.map(({ request }) => [request.verb, request.resource]),
    ).toEqual([['approve', 'signers']])
  })

  it('of acting as another are the rights to do so', () => {
    expect(
      outlineOf([
        {
          impersonated: { username: 'bob', groups: ['dev', 'system:authenticated'] },
          namespace: 'a',
        },
      ]),
    ).toEqual(['ClusterRole: impersonate groups=dev', 'ClusterRole: impersonate users=bob'])
  })

  it('that no event tells are told, and granted when asked', () => {
    const binding = {
      verb: 'create',
      apiGroup: rbac,
      resource: 'rolebindings',
      namespace: 'a',
      more: { requestObject: { roleRef: { kind: 'ClusterRole', name: 'edit' } } },
    }
    const suggestion = suggestedFor([binding])
    expect(outline(suggestion)).toEqual([`Role a: create rolebindings (${rbac})`])
    expect(suggestion.unseen.map(({ request }) => request)).toEqual([
      expect.objectContaining({
        verb: 'bind',
        resource: 'clusterroles',
        name: 'edit',
        namespace: 'a',
      }),
    ])
    expect(outlineOf([binding], { grantUnseen: true })).toEqual([
      `Role a: bind clusterroles=edit (${rbac})`,
      `Role a: create rolebindings (${rbac})`,
    ])
  })
})

describe('suggestions for everybody in the recordings', () => {
  it.each(['benign', 'attacks', 'special'])(
    'suffice, grant nothing that was refused, and load as RBAC objects: %s',
    (folder) => {
      let accounts = 0
      for (const name of listRecordings(folder, '.jsonl')) {
        const observation = observedRecording(`${folder}/${name}`)
        for (const { user } of observation.profiles()) {
          const suggestion = suggestionOf(observation, user)
          const { missing, surplus } = suggestion.proof
          expect([name, user, missing, surplus]).toEqual([name, user, [], []])
          const loaded = loadRbac([{ path: 'x.yaml', text: renderYaml(suggestion) }])
          expect([name, user, loaded.problems]).toEqual([name, user, []])
          expect(loaded.objects).toEqual(rbacObjectsOf(suggestion.objects))
          if (suggestion.subject.kind === 'ServiceAccount') accounts += 1
        }
      }
      expect(accounts).toBeGreaterThan(20)
    },
  )
})
