import { describe, expect, it } from 'vitest'
import { parseGrant } from '../../src/audit/grant.ts'
import { requestOfEvent } from '../../src/audit/policy/request.ts'
import { at, isWireObject, textOf } from '../../src/audit/wire.ts'
import { createAuthorizer } from '../../src/rbac/authorize.ts'
import type { ClusterRoleBinding, RbacObjects, RoleBinding } from '../../src/rbac/objects.ts'
import { readRecording } from '../support/recordings.ts'

/** One rule of the role that a recorded reason names, bound as the reason says, and nothing else. */
function objectsOf(reason: string, verb: string): RbacObjects {
  const { binding, role, subject } = parseGrant(reason) ?? expect.fail(reason)
  const meta = { labels: {}, annotations: {} }
  const all = ['*']
  const rules = [
    { verbs: [verb], apiGroups: all, resources: all, resourceNames: [], nonResourceURLs: all },
  ]
  const bound = {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...role },
    subjects: [{ apiGroup: '', namespace: '', ...subject }],
  }
  const { namespace = '', name } = binding
  const roleBinding: RoleBinding = { kind: 'RoleBinding', ...meta, name, namespace, ...bound }
  const clusterBinding: ClusterRoleBinding = { kind: 'ClusterRoleBinding', ...meta, name, ...bound }
  return {
    roles: role.kind === 'Role' ? [{ ...meta, ...role, kind: 'Role', namespace, rules }] : [],
    clusterRoles:
      role.kind === 'ClusterRole' ? [{ ...meta, ...role, kind: 'ClusterRole', rules }] : [],
    roleBindings: binding.kind === 'RoleBinding' ? [roleBinding] : [],
    clusterRoleBindings: binding.kind === 'RoleBinding' ? [] : [clusterBinding],
  }
}

describe('the reasons of a recorded API server', () => {
  it('are ours, word for word, when only what they name is there', () => {
    const events = readRecording('benign/day.jsonl').toString().trim().split('\n')
    const reasons = new Set<string>()
    const different: string[] = []
    for (const line of events) {
      const event: unknown = JSON.parse(line)
      const reason = textOf(at(at(event, 'annotations'), 'authorization.k8s.io/reason'))
      if (!isWireObject(event) || !reason.startsWith('RBAC: allowed') || reasons.has(reason))
        continue
      reasons.add(reason)
      const user = at(event, 'impersonatedUser') ?? at(event, 'user')
      const groups = at(user, 'groups')
      const who = {
        name: textOf(at(user, 'username')),
        groups: Array.isArray(groups) ? groups.map(textOf) : [],
      }
      const request = requestOfEvent(event)
      const answer = createAuthorizer(objectsOf(reason, request.verb)).authorize(who, request)
      if (answer.reason !== reason) different.push(`${answer.reason} is not ${reason}`)
    }
    expect(different).toEqual([])
    expect(reasons.size).toBeGreaterThan(40)
  })
})
