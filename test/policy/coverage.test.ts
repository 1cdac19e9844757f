import { describe, expect, it } from 'vitest'
import { type AuditStage, auditPolicyRule } from '../../src/audit/policy/types.ts'
import { auditRules } from '../../src/detect/logsource.ts'
import { coverageOf } from '../../src/policy/coverage.ts'
import { parseRules } from '../../src/sigma/parse.ts'

type RuleOfTest = Parameters<typeof auditPolicyRule>[0]
interface PolicyOfTest {
  readonly omitStages?: readonly AuditStage[]
  readonly rules: readonly RuleOfTest[]
}

function coverage(detection: string, { omitStages = [], rules: said }: PolicyOfTest): string[] {
  const policy = { omitStages, omitManagedFields: false, rules: said.map(auditPolicyRule) }
  const version = detection.includes('[') && detection.includes(']:') ? 'sigma-version: 3\n' : ''
  const text = `${version}title: t\nid: 5f3b9d2e-6f0c-4b07-9f3e-0d8a7f7a6b11\nstatus: test\nlevel: low\nlogsource: { product: kubernetes, service: audit }\ndetection:\n${detection.replaceAll(/^/gm, '  ')}\n`
  const { rules, problems } = parseRules([{ path: 'rule.yml', text }])
  expect(problems).toEqual([])
  return coverageOf(auditRules(rules), policy).flatMap(({ status, missing }) => [
    status,
    ...missing,
  ])
}

const metadata: RuleOfTest = { level: 'Metadata' }
const secretRead = 'a:\n  objectRef.resource: secrets\n  verb: [get, list]\ncondition: a'
const failedLogin = 'a:\n  responseStatus.code: 401\n  user.username: null\ncondition: a'
const session =
  'a:\n  objectRef.resource: pods\n  objectRef.subresource: exec\n  annotations.authorization.k8s.io/decision: allow\ncondition: a'

describe('coverage of a rule by an audit policy', () => {
  it('is fed by a level that carries its fields, and blind without a rule that matches', () => {
    expect(coverage(secretRead, { rules: [metadata] })).toEqual(['fed'])
    expect(
      coverage(secretRead, {
        rules: [
          { ...metadata, resources: [{ group: '', resources: ['pods'], resourceNames: [] }] },
        ],
      }),
    ).toEqual([
      'blind',
      'get list of secrets: not recorded (no rule)',
      'get list of secrets, a client that failed to authenticate: not recorded (no rule)',
    ])
  })

  it('is partly fed when an earlier rule takes some of its requests, and says which', () => {
    const none: RuleOfTest = { level: 'None', users: ['alice'], verbs: ['get', 'watch'] }
    expect(coverage(secretRead, { rules: [none, metadata] })).toEqual([
      'partly',
      'get of secrets, user alice: not recorded (rules[0])',
    ])
    expect(coverage(secretRead, { rules: [metadata, none] })).toEqual(['fed'])
  })

  it('needs the bodies that two fields compared, and the elements of an array, are read from', () => {
    const privileged =
      'a:\n  verb: create\n  requestObject.spec.containers[any]:\n    securityContext.privileged: true\ncondition: a'
    expect(coverage(privileged, { rules: [metadata] })[0]).toBe('blind')
    expect(coverage(privileged, { rules: [{ level: 'Request' }] })).toEqual(['fed'])
    const renamed =
      'a:\n  verb: create\n  objectRef.name|fieldref: requestObject.metadata.name\ncondition: a'
    expect(coverage(renamed, { rules: [metadata] })[0]).toBe('blind')
    const withoutLimits =
      'a:\n  verb: create\n  requestObject.spec.containers[none]:\n    resources.limits: null\ncondition: a'
    expect(coverage(withoutLimits, { rules: [metadata] })[0]).toBe('partly')
  })

  it('asks a derived field for the requests and the level that it is derived from', () => {
    const inTemplate = 'a:\n  isPrivileged: true\n  outcome: allowed\ncondition: a'
    const workloads = ['daemonsets', 'deployments', 'replicasets', 'statefulsets']
    const core = ['pods', 'pods/ephemeralcontainers', 'podtemplates', 'replicationcontrollers']
    const resources = [
      { group: '', resources: core, resourceNames: [] },
      { group: 'apps', resources: workloads, resourceNames: [] },
      { group: 'batch', resources: ['jobs', 'cronjobs'], resourceNames: [] },
    ]
    const bodies: RuleOfTest = { level: 'Request', verbs: ['create', 'update', 'patch'], resources }
    expect(coverage(inTemplate, { rules: [bodies, metadata] })).toEqual(['fed'])
    expect(coverage(inTemplate, { rules: [metadata] })[0]).toBe('blind')
    const withoutJobs = { ...bodies, resources: resources.slice(0, 2) }
    expect(coverage(inTemplate, { rules: [withoutJobs, metadata] })).toEqual([
      'partly',
      'create update patch of jobs cronjobs (batch): Metadata by rules[1], and isPrivileged needs Request',
    ])
  })

  it('asks elements of a derived array, and two derived fields beside each other, for theirs', () => {
    const subjects = 'a:\n  bindingSubjects[any]:\n    kind: Group\n    name: x\ncondition: a'
    const selfGrant = 'a:\n  boundUsers|fieldref: actor\ncondition: a'
    const bindings: RuleOfTest = {
      level: 'Request',
      verbs: ['create', 'update', 'patch'],
      resources: [
        {
          group: 'rbac.authorization.k8s.io',
          resources: ['rolebindings', 'clusterrolebindings'],
          resourceNames: [],
        },
      ],
    }
    for (const detection of [subjects, selfGrant]) {
      expect(coverage(detection, { rules: [bindings, metadata] })).toEqual(['fed'])
      expect(coverage(detection, { rules: [metadata] })[0]).toBe('blind')
    }
  })

  it('knows what a class or an outcome says of users, stages and codes', () => {
    const people: RuleOfTest = { level: 'None', userGroups: ['system:serviceaccounts'] }
    const byPerson = 'a:\n  userClass: person\ncondition: a'
    const byMachine = 'a:\n  userClass: [serviceAccount, node]\ncondition: a'
    expect(coverage(byPerson, { rules: [people, metadata] })).toEqual(['fed'])
    expect(coverage(byMachine, { rules: [people, metadata] })[0]).toBe('partly')
    const failed = 'a:\n  outcome: unauthenticated\ncondition: a'
    const forUsers: RuleOfTest = { ...metadata, userGroups: ['system:authenticated'] }
    expect(coverage(failed, { rules: [metadata] })).toEqual(['fed'])
    expect(coverage(failed, { rules: [forUsers] })[0]).toBe('blind')
    expect(coverage(failed, { omitStages: ['ResponseStarted'], rules: [metadata] })[0]).toBe(
      'blind',
    )
  })

  it('sees no start of a session without ResponseStarted, whether by a pod or by a kubelet', () => {
    const start = 'a:\n  isSessionStart: true\ncondition: a'
    const late: PolicyOfTest = { omitStages: ['ResponseStarted'], rules: [metadata] }
    expect(coverage(start, { rules: [metadata] })).toEqual(['fed'])
    expect(coverage(start, late)[0]).toBe('blind')
    const command = 'a:\n  execCommand|contains: shadow\ncondition: a'
    const pods: RuleOfTest = {
      ...metadata,
      resources: [{ group: '', resources: ['pods/exec', 'pods/attach'], resourceNames: [] }],
    }
    expect(coverage(command, { rules: [metadata] })).toEqual(['fed'])
    expect(coverage(command, { rules: [pods] })[0]).toBe('partly')
  })

  it('takes no notice of a rule that others shadow for these requests', () => {
    const rules: RuleOfTest[] = [
      { ...metadata, verbs: ['get'] },
      { ...metadata, verbs: ['list'] },
      { level: 'None', verbs: ['get', 'list'] },
    ]
    expect(coverage(secretRead, { rules })).toEqual(['fed'])
  })

  it('knows the groups that a name stands for, and those that it cannot have', () => {
    const byKubelet =
      'a:\n  user.username|startswith: "system:node:"\n  verb: get\n  objectRef.resource: nodes\ncondition: a'
    const none = (group: string): RuleOfTest => ({ level: 'None', userGroups: [group] })
    expect(coverage(byKubelet, { rules: [none('system:serviceaccounts'), metadata] })).toEqual([
      'fed',
    ])
    expect(coverage(byKubelet, { rules: [none('system:nodes'), metadata] })).toEqual([
      'blind',
      'get of nodes, user system:node:*, group system:nodes: not recorded (rules[0])',
    ])
  })

  it('needs the level of every field that has to be there, for each alternative', () => {
    const bound =
      'a:\n  objectRef.resource: rolebindings\n  verb: create\nb:\n  requestObject.roleRef.name: x\nc:\n  responseObject.roleRef.name: x\ncondition: a and (b or c)'
    const what = 'create of rolebindings (rbac.authorization.k8s.io)'
    const needs = 'responseObject.roleRef.name needs RequestResponse'
    expect(coverage(bound, { rules: [{ level: 'Request' }] })).toEqual([
      'partly',
      `${what}: Request by rules[0], and ${needs}`,
    ])
    expect(coverage(bound, { rules: [{ level: 'RequestResponse' }] })).toEqual(['fed'])
    expect(coverage(bound, { rules: [metadata] })[0]).toBe('blind')
  })

  it('says too much, but is not blind, when only what it leaves out needs a body', () => {
    const leftOut =
      'a:\n  objectRef.resource: pods\n  verb: create\n  responseStatus.code: 201\nb:\n  requestObject.spec.hostNetwork: false\ncondition: a and not b'
    expect(coverage(leftOut, { rules: [metadata] })).toEqual([
      'partly',
      'create of pods: Metadata by rules[0], and what is left out by requestObject.spec.hostNetwork needs Request',
    ])
  })

  it('is blind for failed authentication without ResponseStarted, or without a rule that asks for no user', () => {
    expect(coverage(failedLogin, { rules: [metadata] })).toEqual(['fed'])
    expect(coverage(failedLogin, { omitStages: ['ResponseStarted'], rules: [metadata] })[0]).toBe(
      'blind',
    )
    expect(
      coverage(failedLogin, {
        rules: [{ ...metadata, userGroups: ['system:unauthenticated', 'system:authenticated'] }],
      })[0],
    ).toBe('blind')
  })

  it('sees a session only when it ends if ResponseStarted is omitted', () => {
    expect(coverage(session, { omitStages: ['RequestReceived'], rules: [metadata] })).toEqual([
      'fed',
    ])
    expect(
      coverage(session, { rules: [{ ...metadata, omitStages: ['ResponseStarted'] }] }),
    ).toEqual([
      'partly',
      'any request of pods/exec: stage ResponseStarted is omitted (rules[0]), so that sessions and watches show only when they end',
    ])
    expect(
      coverage(session, {
        rules: [{ ...metadata, omitStages: ['ResponseStarted', 'ResponseComplete'] }],
      })[0],
    ).toBe('blind')
  })

  it('reads a plain resource with the subresources when a rule names `pods/*`, and only the plain one for `pods`', () => {
    const pods = (resource: string): RuleOfTest => ({
      level: 'None',
      resources: [{ group: '', resources: [resource], resourceNames: [] }],
    })
    expect(coverage(session, { rules: [pods('pods'), metadata] })).toEqual(['fed'])
    for (const resource of ['pods/*', 'pods/exec', '*/exec', '*'])
      expect(coverage(session, { rules: [pods(resource), metadata] })[0]).toBe('blind')
  })
})
