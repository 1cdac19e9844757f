import { describe, expect, it } from 'vitest'
import { renderJson } from '../../../src/rbac/suggest/render-json.ts'
import { renderYaml } from '../../../src/rbac/suggest/render-yaml.ts'
import type { SaidEvent } from '../observe/events.ts'
import { manifestsOf, outline, suggestedFor } from './support.ts'

const rbac = 'rbac.authorization.k8s.io'

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
