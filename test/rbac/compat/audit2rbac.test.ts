import { describe, expect, it } from 'vitest'
import { AuditedRequests, auditedRequest } from '../../../src/rbac/compat/attributes.ts'
import { type CompatOptions, generateCompatible } from '../../../src/rbac/compat/generate.ts'
import { rawEvent, type SaidEvent } from '../observe/events.ts'
import { outline } from '../suggest/support.ts'

const user = 'alice'

function generated(
  events: readonly SaidEvent[],
  options: Partial<CompatOptions> = {},
  namespace = '',
) {
  const requests = new AuditedRequests()
  for (const said of events) {
    const request = auditedRequest(rawEvent(said), user, namespace)
    if (request !== undefined) requests.add(request)
  }
  const plain = {
    user,
    expandMultiNamespace: true,
    expandMultiName: true,
    name: 'x',
    labels: {},
    annotations: {},
  }
  return generateCompatible(requests.sorted(), { ...plain, ...options })
}

function rulesOf(...args: Parameters<typeof generated>): string[] {
  return outline({ objects: generated(...args).map((object) => ({ object, rules: [] })) })
}

const get = (resource: string, name: string, namespace = '', apiGroup = ''): SaidEvent => ({
  resource,
  name,
  namespace,
  apiGroup,
})
const unnamed = { expandMultiName: false }
const local = { expandMultiNamespace: false }

describe('the roles of audit2rbac', () => {
  it.each<[string, readonly SaidEvent[], Partial<CompatOptions>, readonly string[]]>([
    ['nothing asked', [], {}, []],
    [
      'what everybody may',
      [{ path: '/api' }, { path: '/apis' }, { path: '/openapi/v2?timeout=32s' }],
      {},
      [],
    ],
    [
      'a path, with its query',
      [{ path: '/probe' }, { path: '/probe?x=y' }],
      {},
      ['ClusterRole: get /probe', 'ClusterRole: get /probe?x=y'],
    ],
    [
      'one name each',
      [get('nodes', 'n1'), get('volumes', 'v1', '', 'store.example.com')],
      {},
      ['ClusterRole: get nodes=n1', 'ClusterRole: get volumes=v1 (store.example.com)'],
    ],
    ['two names', [get('nodes', 'n1'), get('nodes', 'n2')], {}, ['ClusterRole: get nodes']],
    [
      'two names, kept',
      [get('nodes', 'n1'), get('nodes', 'n2')],
      unnamed,
      ['ClusterRole: get nodes=n1,n2'],
    ],
    [
      'a list covers gets',
      [get('nodes', 'n1'), get('nodes', 'n2'), { verb: 'list', resource: 'nodes' }],
      unnamed,
      ['ClusterRole: get,list,watch nodes'],
    ],
    [
      'one name in each namespace',
      [get('configmaps', 'c1', 'a'), get('pods', 'p1', 'b')],
      {},
      ['Role a: get configmaps=c1', 'Role b: get pods=p1'],
    ],
    [
      'names and namespaces',
      [
        get('configmaps', 'c1', 'a'),
        get('pods', 'p1', 'a'),
        get('pods', 'p2', 'a'),
        get('pods', 'p1', 'b'),
        get('jobs', 'j1', 'a', 'batch'),
        get('jobs', 'j2', 'b', 'batch'),
      ],
      {},
      ['Role a: get configmaps=c1', 'ClusterRole: get pods', 'ClusterRole: get jobs (batch)'],
    ],
    [
      'namespaces, names kept',
      [
        get('pods', 'p1', 'a'),
        get('pods', 'p1', 'b'),
        get('pods', 'p2', 'a'),
        get('pods', 'p3', 'b'),
      ],
      unnamed,
      ['Role a: get pods=p2', 'Role b: get pods=p3', 'ClusterRole: get pods=p1'],
    ],
    [
      'names, namespaces kept',
      [get('pods', 'p1', 'a'), get('pods', 'p2', 'a'), get('pods', 'p1', 'b')],
      local,
      ['Role a: get pods', 'Role b: get pods=p1'],
    ],
    [
      'neither',
      [get('pods', 'p1', 'a'), get('pods', 'p2', 'a'), get('pods', 'p1', 'b')],
      { ...unnamed, ...local },
      ['Role a: get pods=p1,p2', 'Role b: get pods=p1'],
    ],
    [
      'what is allowed everywhere',
      [{ verb: 'list' }, { verb: 'list', namespace: 'a' }, get('pods', 'p1', 'a')],
      {},
      ['ClusterRole: get,list,watch pods'],
    ],
    [
      'an update brings patch',
      [{ ...get('pods', 'p1', 'a'), verb: 'update' }],
      {},
      ['Role a: get,patch,update pods=p1'],
    ],
    [
      'a create has no name',
      [{ ...get('pods', 'p1', 'a'), verb: 'create' }],
      {},
      ['Role a: create pods'],
    ],
    [
      'what was refused',
      [{ ...get('secrets', 's', 'a'), code: 403 }],
      {},
      ['Role a: get secrets=s'],
    ],
    [
      'resources alike',
      [
        { verb: 'list', namespace: 'a' },
        { verb: 'list', namespace: 'a', resource: 'secrets' },
        { verb: 'list', namespace: 'a', resource: 'configmaps' },
      ],
      {},
      ['Role a: get,list,watch configmaps,pods,secrets'],
    ],
    [
      'other users',
      [
        { user: 'bob' },
        { user: 'bob', impersonated: { username: 'alice' }, resource: 'nodes', name: 'n1' },
        { impersonated: { username: 'bob' } },
      ],
      {},
      ['ClusterRole: get nodes=n1'],
    ],
  ])('%s', (_what, events, options, expected) => {
    expect(rulesOf(events, options)).toEqual(expected)
  })

  it('are of one namespace when asked', () => {
    expect(
      rulesOf([get('pods', 'p', 'a'), get('pods', 'p', 'b'), { path: '/probe' }], {}, 'a'),
    ).toEqual(['Role a: get pods=p'])
  })

  it('are bound to the user', () => {
    expect(generated([get('pods', 'p', 'a')])[1]).toEqual({
      kind: 'RoleBinding',
      name: 'x',
      namespace: 'a',
      labels: {},
      annotations: {},
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' },
      subjects: [
        { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user, namespace: '' },
      ],
    })
  })
})
