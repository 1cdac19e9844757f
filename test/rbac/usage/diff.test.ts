import { describe, expect, it } from 'vitest'
import { subjectOfUser } from '../../../src/rbac/suggest/subject.ts'
import type { SubjectDiff } from '../../../src/rbac/usage/diff.ts'
import { isDifferent } from '../../../src/rbac/usage/diff.ts'
import { grantUseText, unusedText } from '../../../src/rbac/usage/words.ts'
import type { SaidEvent } from '../observe/events.ts'
import { clusterWide, diffOf, inNamespace } from './support.ts'

const reason = 'RBAC: allowed by ClusterRoleBinding "r" of ClusterRole "r" to User "alice"'
const getsPod: SaidEvent = { verb: 'get', resource: 'pods', namespace: 'shop', name: 'web' }
const listsPods: SaidEvent = { verb: 'list', resource: 'pods', namespace: 'shop' }

/** `GRANT: STATUS: what could go`. */
function told({ grants }: SubjectDiff): string[] {
  return grants.map((use) => `${grantUseText(use)}: ${use.status}: ${unusedText(use)}`)
}

describe('what a subject holds beside what it did', () => {
  it('is told for each binding, rule, verb, resource and pair of them', () => {
    const diff = diffOf(
      [
        ...inNamespace(
          'shop',
          '{apiGroups: [""], resources: [pods, services, secrets], verbs: [get, list, delete]}, {apiGroups: [apps], resources: [deployments], verbs: [get]}',
        ),
        ...inNamespace('other', '{apiGroups: [""], resources: [pods], verbs: [get]}'),
      ],
      [listsPods, listsPods, { ...listsPods, resource: 'services', verb: 'get', name: 'a' }],
    )
    expect(told(diff)).toEqual([
      'RoleBinding shop/r of Role r: partly: rules[0]: no delete, secrets, get pods, list services; rules[1]: unused',
      'RoleBinding other/r of Role r: unused: all of it',
    ])
    expect(diff.grants[0]).toMatchObject({
      requests: 3,
      rules: [
        { requests: 3, unusedVerbs: ['delete'] },
        { requests: 0, status: 'unused' },
      ],
    })
  })

  it('is used whole when nothing of it is idle', () => {
    const rules = '{apiGroups: [""], resources: [pods], verbs: [list]}'
    const diff = diffOf(inNamespace('shop', rules), [listsPods])
    expect([told(diff), isDifferent(diff)]).toEqual([
      ['RoleBinding shop/r of Role r: used: '],
      false,
    ])
  })

  it('is too broad by wildcards, by any name, and by all namespaces', () => {
    const everything =
      '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}, {nonResourceURLs: ["/*"], verbs: [get]}'
    const diff = diffOf(clusterWide(everything), [getsPod, { ...getsPod, verb: 'delete' }])
    expect(told(diff)).toEqual([
      'ClusterRoleBinding r of ClusterRole r: partly: all namespaces, used shop; rules[0]: verbs *, used delete, get; rules[0]: apiGroups *, used ""; rules[0]: resources *, used pods; rules[0]: any name, used web; rules[1]: unused',
    ])
  })

  it('keeps any name where a list or a create needs it', () => {
    const diff = diffOf(clusterWide('{apiGroups: [""], resources: [pods], verbs: [get, list]}'), [
      getsPod,
      { ...listsPods, namespace: '' },
    ])
    expect(told(diff)).toEqual(['ClusterRoleBinding r of ClusterRole r: used: '])
  })

  it('counts names that were not told apart for every rule that names some', () => {
    const many = Array.from({ length: 2000 }, (_, index) => ({ ...getsPod, name: `web-${index}` }))
    const rules = '{apiGroups: [""], resources: [pods], verbs: [get], resourceNames: [web-1, gone]}'
    const [grant] = diffOf(clusterWide(rules), many).grants
    expect(grant?.rules[0]).toMatchObject({ status: 'used', requests: 2000, unusedNames: [] })
  })

  it('counts namespaces that were not told apart for the bindings of every namespace', () => {
    const many = Array.from({ length: 400 }, (_, index) => ({
      ...listsPods,
      namespace: `team-${index}`,
    }))
    const rules = '{apiGroups: [""], resources: [pods], verbs: [list]}'
    const diff = diffOf([...inNamespace('team-7', rules), ...inNamespace('shop', rules)], many)
    expect(diff.grants.map(({ status }) => status)).not.toContain('unused')
    expect(diff.refusedNow).toEqual([])
  })

  it('is redundant where another grant allows all that it was used for', () => {
    const rules = '{apiGroups: [""], resources: [pods], verbs: [list]}'
    const diff = diffOf([...clusterWide(rules), ...inNamespace('shop', rules)], [listsPods])
    expect(diff.grants.map(({ status }) => status)).toEqual(['redundant', 'redundant'])
  })

  it('comes by the groups that the subject was in, but not by those of everybody', () => {
    const rules = '{apiGroups: [""], resources: [pods], verbs: [list]}'
    const diff = diffOf(
      [
        ...clusterWide(rules, '{kind: Group, name: devs}'),
        ...clusterWide(rules, '{kind: Group, name: system:authenticated}', 'everybody'),
      ],
      [{ ...listsPods, groups: ['devs', 'system:authenticated'] }],
    )
    expect(told(diff)).toEqual([
      'ClusterRoleBinding r of ClusterRole r, by Group devs: redundant: all of it: other grants allow the same',
    ])
    expect(diff.excess).toMatchObject({ granted: 1, used: 1, score: 0 })
  })

  it('counts for a group what its members did', () => {
    const rules = '{apiGroups: [""], resources: [pods, secrets], verbs: [list]}'
    const diff = diffOf(
      clusterWide(rules, '{kind: Group, name: devs}'),
      [
        { ...listsPods, user: 'bob', groups: ['devs'] },
        { ...listsPods, user: 'carol', groups: ['devs'] },
        { ...listsPods, user: 'eve', groups: [] },
      ],
      { kind: 'Group', name: 'devs' },
    )
    expect(diff.grants.map(({ status, requests }) => [status, requests])).toEqual([['partly', 2]])
    expect(diff.requests).toBe(2)
  })

  it('knows a service account that was never seen, and says so', () => {
    const rules = '{apiGroups: [""], resources: [secrets], verbs: [get]}'
    const account = '{kind: ServiceAccount, name: job, namespace: ci}'
    const diff = diffOf(
      clusterWide(rules, account),
      [listsPods],
      subjectOfUser('system:serviceaccount:ci:job'),
    )
    expect(told(diff)).toEqual(['ClusterRoleBinding r of ClusterRole r: unused: all of it'])
    expect(diff.excess).toEqual({
      granted: 1,
      used: 0,
      excess: 1,
      score: 1,
      dangers: [{ code: 'secrets', why: expect.any(String) }],
    })
    expect(diff.confidence.level).toBe('low')
    expect(diff.confidence.reasons).toContain('the subject was never seen')
  })

  it('tells what was used and these manifests refuse, unless another authorizer allowed it', () => {
    const manifests = clusterWide('{apiGroups: [""], resources: [pods], verbs: [list]}')
    const diff = diffOf(manifests, [
      { ...listsPods, reason },
      { ...getsPod, reason },
      { ...getsPod, resource: 'nodes', namespace: '', reason: '' },
    ])
    expect(diff.refusedNow.map(({ verb, name }) => [verb, name])).toEqual([['get', 'web']])
    expect(diff.byOthers).toBe(1)
  })

  it('tells what was refused, and whether these manifests allow it', () => {
    const manifests = inNamespace('shop', '{apiGroups: [""], resources: [pods], verbs: [list]}')
    const diff = diffOf(manifests, [
      { ...listsPods, code: 403 },
      { ...getsPod, code: 403 },
    ])
    expect(diff.wanted.map(({ access, isAllowedNow }) => [access.verb, isAllowedNow])).toEqual([
      ['get', false],
      ['list', true],
    ])
    expect(diff.grants.map(({ status }) => status)).toEqual(['unused'])
  })

  it('does not call unused what the API server asks for beside the verb', () => {
    const rules = '{apiGroups: [""], resources: [pods/exec], verbs: [create, get]}'
    const execs: SaidEvent = { ...getsPod, subresource: 'exec', code: 101 }
    const diff = diffOf(inNamespace('shop', rules), [execs])
    expect(diff.grants[0]?.rules[0]).toMatchObject({ unusedVerbs: [], requests: 1 })
  })

  it.each([
    [
      '{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [bind, escalate]}',
      /^bind, escalate: /,
    ],
    ['{apiGroups: [""], resources: [nodes/metrics], verbs: [get]}', /^nodes: /],
    ['{apiGroups: [apps], resources: [deployments/finalizers], verbs: [update]}', /^finalizers: /],
    ['{nonResourceURLs: [/metrics], verbs: [get]}', /^paths: /],
  ])('says of %s that events may not show its use', (rules, why) => {
    const [grant] = diffOf(clusterWide(rules), [listsPods]).grants
    expect(grant?.rules[0]).toMatchObject({
      status: 'unused',
      unseen: [expect.stringMatching(why)],
    })
  })

  it('names bindings whose roles are gone', () => {
    const [, binding = ''] = clusterWide('')
    const diff = diffOf([binding], [listsPods])
    expect(diff.unresolved.map(({ error }) => error)).toEqual([
      'clusterrole.rbac.authorization.k8s.io "r" not found',
    ])
    expect(isDifferent(diff)).toBe(true)
  })
})

describe('the excess', () => {
  const all =
    '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}, {nonResourceURLs: ["*"], verbs: ["*"]}'

  it('of an idle cluster-admin is everything that is known', () => {
    const { excess } = diffOf(clusterWide(all), [listsPods])
    expect(excess).toMatchObject({ used: 1, excess: excess.granted - 1 })
    expect(excess.granted).toBeGreaterThan(600)
    expect(excess.dangers.map(({ code }) => code)).toContain('escalate')
  })

  it('of a member of system:masters is the same, whatever is bound', () => {
    const masters = [{ ...listsPods, groups: ['system:masters'] }]
    const { excess } = diffOf([], masters)
    expect(excess).toMatchObject({ used: 1, excess: excess.granted - 1 })
    expect(excess.granted).toBe(diffOf(clusterWide(all), [listsPods]).excess.granted)
  })

  it('knows custom resources from roles that name them', () => {
    const rules = '{apiGroups: [example.com], resources: [widgets], verbs: [get, brew]}'
    const widget: SaidEvent = {
      verb: 'get',
      resource: 'widgets',
      apiGroup: 'example.com',
      namespace: 'shop',
      name: 'a',
    }
    expect(diffOf(clusterWide(rules), [widget]).excess).toMatchObject({
      granted: 2,
      used: 1,
      score: 0.5,
    })
  })
})
