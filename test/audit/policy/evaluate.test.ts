import { describe, expect, it } from 'vitest'
import { evaluateAuditPolicy } from '../../../src/audit/policy/evaluate.ts'
import { loadAuditPolicy } from '../../../src/audit/policy/load.ts'
import { requestOfAccessReview } from '../../../src/audit/policy/request.ts'

function isMatched(rule: string, spec: object): boolean {
  const text = `{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [${rule}]}`
  const { policy, problems } = loadAuditPolicy(text, { path: 'policy.json' })
  expect(problems).toEqual([])
  return evaluateAuditPolicy(policy!, requestOfAccessReview(spec)).rule === 0
}

const onResource = (resource: string, more: object = {}): object => {
  const [name, subresource = ''] = resource.split('/')
  return {
    user: 'system:serviceaccount:ns:sa',
    groups: ['system:serviceaccounts:ns'],
    resourceAttributes: { verb: 'get', resource: name, subresource, ...more },
  }
}
const onPath = (path: string): object => ({
  user: 'alice',
  nonResourceAttributes: { path, verb: 'get' },
})
const failed = { resourceAttributes: { verb: 'get', resource: 'pods' } }
const resources = (entry: object): string =>
  JSON.stringify({ level: 'Metadata', resources: [entry] })
const rule = (fields: object): string => JSON.stringify({ level: 'Metadata', ...fields })

describe('a rule of an audit policy', () => {
  it.each([
    [resources({ resources: ['pods'] }), onResource('pods/log'), false],
    [resources({ resources: ['pods/*'] }), onResource('pods/log'), true],
    [resources({ resources: ['pods/*'] }), onResource('pods'), true],
    [resources({ resources: ['*'] }), onResource('pods/log'), true],
    [resources({ resources: ['*/log'] }), onResource('pods/log'), true],
    [resources({ resources: ['*/log'] }), onResource('pods'), false],
    [resources({ resources: ['*/*'] }), onResource('pods'), false],
    [resources({ resources: ['*/*'] }), onResource('pods/log'), false],
    [resources({ resources: ['pods/l*'] }), onResource('pods/log'), false],
    [resources({ resources: ['po*'] }), onResource('pods'), false],
    [resources({ group: '' }), onResource('pods/exec'), true],
    [resources({ group: '*' }), onResource('roles', { group: 'rbac.authorization.k8s.io' }), true],
    [resources({ group: '*' }), onPath('/api'), false],
    [rule({ verbs: ['*'] }), onResource('pods'), false],
    [rule({ users: ['*'] }), onResource('pods'), false],
    [rule({ namespaces: ['*'] }), onResource('pods', { namespace: 'a' }), false],
    [rule({ users: ['system:serviceaccount:ns:*'] }), onResource('pods'), false],
    [rule({ userGroups: ['system:serviceaccounts:ns'] }), onResource('pods'), true],
    [rule({ namespaces: [''] }), onResource('nodes'), true],
    [rule({ namespaces: [''] }), onResource('pods'), true],
    [rule({ namespaces: [''] }), onResource('namespaces', { namespace: 'foo' }), false],
    [rule({ namespaces: ['foo'] }), onResource('namespaces', { namespace: 'foo' }), true],
    [resources({ resources: ['pods'], resourceNames: ['a'] }), onResource('pods'), false],
    [resources({ resources: ['pods'], resourceNames: [''] }), onResource('pods'), true],
    [rule({ nonResourceURLs: ['/healthz*'] }), onPath('/healthz'), true],
    [rule({ nonResourceURLs: ['/healthz*'] }), onPath('/healthz/etcd'), true],
    [rule({ nonResourceURLs: ['/healthz/*'] }), onPath('/healthz'), false],
    [rule({ nonResourceURLs: ['/api*'] }), onPath('/apis/apps/v1'), true],
    [rule({ nonResourceURLs: ['*'] }), onResource('pods'), false],
    [rule({ userGroups: ['system:unauthenticated'] }), failed, false],
    [rule({ users: [''] }), failed, false],
    [rule({}), failed, true],
  ])('%s and %j: match is %s', (text, spec, expected) => {
    expect(isMatched(text, spec)).toBe(expected)
  })
})
