import { describe, expect, it } from 'vitest'
import { auditPolicyRule } from '../../../src/audit/policy/types.ts'
import { loadRbac } from '../../../src/rbac/load.ts'
import { Observation } from '../../../src/rbac/observe/observation.ts'
import { rbacObjectsOf } from '../../../src/rbac/suggest/assemble.ts'
import { defaultSuggestOptions } from '../../../src/rbac/suggest/options.ts'
import { renderJson } from '../../../src/rbac/suggest/render-json.ts'
import { renderYaml } from '../../../src/rbac/suggest/render-yaml.ts'
import { suggest } from '../../../src/rbac/suggest/suggest.ts'
import { listRecordings } from '../../support/recordings.ts'
import { observedRecording, rawEvent, type SaidEvent } from '../observe/events.ts'
import { manifestsOf, outline, suggestedFor, suggestionOf } from './support.ts'

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

describe('the confidence in a suggestion', () => {
  /** One request a day, of every kind that a stream has, and the heartbeat of the cluster. */
  const days = (count: number): Observation => {
    const observation = new Observation()
    const seen: SaidEvent[] = [
      { namespace: 'a' },
      { verb: 'watch' },
      { verb: 'create' },
      { path: '/x' },
    ]
    for (let step = 0; step <= count * 288; step++) {
      const timeUs = Date.UTC(2026, 0, 1) * 1000 + step * 300_000_000
      for (const said of seen) observation.add({ raw: rawEvent(said), cluster: 'default', timeUs })
    }
    return observation
  }

  it.each([
    [1, 'low'],
    [8, 'medium'],
    [32, 'high'],
  ])('after %d days without a gap is %s', (count, level) => {
    expect(suggestionOf(days(count)).confidence).toEqual({
      level,
      reasons: [count === 1 ? '24 hours were observed' : `${count} days were observed`],
    })
  })

  it('is low when the audit policy leaves out what the subject may do', () => {
    const policy = {
      omitStages: [],
      omitManagedFields: false,
      rules: [
        auditPolicyRule({ level: 'None', users: ['bob'] }),
        auditPolicyRule({
          level: 'None',
          userGroups: ['system:authenticated'],
          verbs: ['get', 'watch'],
          resources: [{ group: '', resources: ['events'], resourceNames: [] }],
        }),
        auditPolicyRule({ level: 'Metadata' }),
      ],
    }
    const observation = days(32)
    const [window] = observation.windows()
    const evidence = {
      cluster: 'default',
      subject: { kind: 'User', name: 'alice' } as const,
      profiles: observation.profiles(),
      window,
      policy,
    }
    expect(suggest(evidence, defaultSuggestOptions).confidence).toEqual({
      level: 'low',
      reasons: [
        '32 days were observed',
        'rules[1] of the audit policy leaves out get,watch on events, unless a rule before it records it',
      ],
    })
  })
})

describe('the text of a suggestion', () => {
  const events: SaidEvent[] = [
    {
      namespace: 'shop',
      resource: 'secrets',
      name: 'key',
      auditId: 'first',
      reason: 'RBAC: allowed by RoleBinding "b/shop" of ClusterRole "view" to User "alice"',
    },
    { namespace: 'shop', resource: 'secrets', name: 'key', auditId: 'last', second: 65, code: 404 },
  ]

  it('has the evidence of each rule in comments', () => {
    expect(renderYaml(suggestedFor(events)).split('\n').slice(0, 3)).toEqual([
      '# User alice in cluster default',
      '#   confidence low: 1 minutes were observed; no watch of anybody was seen: the audit policy seems to drop watches; no write of anybody was seen: the audit policy seems to drop writes; no path outside of resources was seen: the audit policy seems to drop them',
      '#   replayed: 2 of 2 requests that were used are allowed by this alone (2 times in all); 0 of 0 that were refused',
    ])
    expect(
      renderYaml(suggestedFor(events)).split('\n---\n')[1],
    ).toBe(`apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: "kubewitness:alice"
  namespace: "shop"
  labels:
    "app.kubernetes.io/managed-by": "kubewitness"
rules:
  # 2 requests, 1 failed all the same, 2026-03-01T10:00:00Z to 2026-03-01T10:01:05Z: first last
  # now by RoleBinding shop/b of ClusterRole view
  # dangerous (secrets): reads credentials; list and watch give the contents, too
  - apiGroups: [""]
    resources: ["secrets"]
    resourceNames: ["key"]
    verbs: ["get"]`)
  })

  it('as JSON has it in fields', () => {
    const [role, binding, report] = renderJson(suggestedFor(events))
    expect(role).toMatchObject({
      kind: 'Role',
      rules: [
        {
          verbs: ['get'],
          evidence: {
            requests: 2,
            failed: 1,
            firstSeen: '2026-03-01T10:00:00.000000Z',
            lastSeen: '2026-03-01T10:01:05.000000Z',
            samples: ['first', 'last'],
            allowedBy: [{ binding: { kind: 'RoleBinding', name: 'b', namespace: 'shop' } }],
          },
          dangers: [{ code: 'secrets' }],
        },
      ],
    })
    expect(binding).toMatchObject({
      kind: 'RoleBinding',
      subjects: [{ kind: 'User', name: 'alice' }],
    })
    expect(report).toMatchObject({
      kind: 'RoleSuggestion',
      proof: { used: 2, usedAllowed: 2, wanted: 0, missing: [], surplus: [] },
      confidence: { level: 'low' },
    })
  })

  it('survives texts that want to be something else', () => {
    const user = 'yes\n---\nkind: ClusterRole # "é\u2028\u202e{}'
    const suggestion = suggestedFor(
      [
        { user, name: 'on', namespace: 'a' },
        { user, name: '1e3: x', namespace: 'a' },
        { user, path: '/a\nb: c' },
      ],
      {},
      user,
    )
    expect(manifestsOf(suggestion)).toMatchObject([
      { kind: 'ClusterRole', rules: [{ nonResourceURLs: ['/a\nb: c'] }] },
      { kind: 'ClusterRoleBinding', subjects: [{ name: user }] },
      { kind: 'Role', rules: [{ resourceNames: ['1e3: x', 'on'] }] },
      { kind: 'RoleBinding' },
    ])
  })

  it('takes a name and labels of the user', () => {
    const labels = { team: 'a', 'app.kubernetes.io/managed-by': '' }
    expect(manifestsOf(suggestedFor([{ namespace: 'a' }], { name: 'mine', labels }))).toMatchObject(
      [
        { metadata: { name: 'mine', labels: { team: 'a' } } },
        { metadata: { name: 'mine', labels: { team: 'a' } }, roleRef: { name: 'mine' } },
      ],
    )
  })

  it('is for whom it says', () => {
    const events = [
      { user: 'bob', groups: ['dev'], namespace: 'a' },
      { user: 'carol', groups: ['dev'], namespace: 'a', verb: 'list' },
      { user: 'dan', namespace: 'b' },
    ]
    const suggestion = suggestedFor(events, {}, { kind: 'Group', name: 'dev' })
    expect(outline(suggestion)).toEqual(['Role a: get,list pods'])
    expect(manifestsOf(suggestion)[1]).toMatchObject({
      metadata: { name: 'kubewitness:group:dev' },
      subjects: [{ kind: 'Group', apiGroup: rbac, name: 'dev' }],
    })
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
