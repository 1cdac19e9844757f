import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { durationMs } from '../../../src/audit/derived/go-duration.ts'
import { podSecurityViolationOf } from '../../../src/audit/derived/pod-security.ts'
import { listRecordings, readEvents } from '../../support/recordings.ts'
import { readField } from './support.ts'

describe('a violation of Pod Security', () => {
  it.each([
    [
      'would violate PodSecurity "restricted:latest": host namespaces (hostPID=true), privileged (container "s" must not set securityContext.privileged=true), runAsNonRoot != true (pod or container "s" must set securityContext.runAsNonRoot=true)',
      { level: 'restricted', checks: ['host namespaces', 'privileged', 'runAsNonRoot != true'] },
    ],
    [
      'pods "web" is forbidden: violates PodSecurity "baseline:v1.36": hostPath volumes (volume "a, b")',
      { level: 'baseline', checks: ['hostPath volumes'] },
    ],
    [
      String.raw`violates PodSecurity "baseline": forbidden AppArmor profile (annotation="x\"), privileged (\""), seccompProfile (a (b, c) d)`,
      { level: 'baseline', checks: ['forbidden AppArmor profile', 'seccompProfile'] },
    ],
    [
      'violates PodSecurity "baseline:latest": privileged',
      { level: 'baseline', checks: ['privileged'] },
    ],
    [
      'violates PodSecurity "baseline:latest": privileged (',
      { level: 'baseline', checks: ['privileged'] },
    ],
    ['violates PodSecurity', undefined],
    ['', undefined],
  ])('in %j is %j', (text, expected) => {
    expect(podSecurityViolationOf(text)).toEqual(expected)
  })

  it('never breaks, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('(', ')', '"', '\\', ',', 'a', ' ') }),
        (text) => {
          const found = podSecurityViolationOf(`violates PodSecurity "baseline": ${text}`)
          expect(found?.level).toBe('baseline')
          for (const check of found?.checks ?? []) expect(check).toBe(check.trim())
        },
      ),
    )
  })

  it('is read of annotations and of refusals', () => {
    const found = readEvents('attacks/pod-security-weakened.jsonl').flatMap((raw) => {
      const checks = readField(raw, 'podSecurityViolations')
      return checks === undefined
        ? []
        : [[readField(raw, 'outcome')?.[0], readField(raw, 'podSecurityLevel')?.[0], ...checks]]
    })
    const checks = [
      'host namespaces',
      'privileged',
      'allowPrivilegeEscalation != false',
      'unrestricted capabilities',
      'runAsNonRoot != true',
      'seccompProfile',
    ]
    expect(found).toEqual([
      ['podSecurityRefused', 'restricted', ...checks],
      ['allowed', 'restricted', ...checks],
    ])
  })
})

describe('a webhook that failed open', () => {
  it('is named by annotations under two prefixes, and the image policy by its own', () => {
    const annotations = {
      'failed-open.mutation.webhook.admission.k8s.io/round_0_index_7': 'm.example.com',
      'failed-open.validating.webhook.admission.k8s.io/round_0_index_0': 'v.example.com',
      'imagepolicywebhook.image-policy.k8s.io/failed-open': 'true',
      'mutation.webhook.admission.k8s.io/round_0_index_0': '{}',
      'failed-open.mutation.webhook.admission.k8s.io/round_0_index_8': 5,
    }
    expect(readField({ verb: 'create', annotations }, 'failedOpenWebhooks')).toEqual([
      'm.example.com',
      'v.example.com',
      'ImagePolicyWebhook',
    ])
    expect(readField({ verb: 'create', annotations: {} }, 'failedOpenWebhooks')).toBe(undefined)
    expect(readField({ verb: 'list', annotations }, 'failedOpenWebhooks')).toBe(undefined)
  })

  it('stands in recorded events', () => {
    const counts = new Map<unknown, number>()
    for (const folder of ['attacks', 'special'])
      for (const name of listRecordings(folder, '.jsonl'))
        for (const raw of readEvents(`${folder}/${name}`))
          for (const webhook of readField(raw, 'failedOpenWebhooks') ?? [])
            counts.set(webhook, (counts.get(webhook) ?? 0) + 1)
    expect(Object.fromEntries(counts)).toEqual({
      'inject.sidecar.example.com': 11,
      'open.m.example.com': 6,
      'open.v.example.com': 6,
    })
  })
})

describe('a latency', () => {
  it.each([
    ['1.452011378s', 1452.011378],
    ['141.484µs', 0.141484],
    ['84.033us', 0.084033],
    ['1.057107ms', 1.057107],
    ['1m0.5s', 60_500],
    ['2h0m0s', 7_200_000],
    ['0s', 0],
    ['0', 0],
    ['-1s', -1000],
    ['', undefined],
    ['1', undefined],
    ['fast', undefined],
  ])('%s is %d ms', (text, ms) => {
    const found = durationMs(text)
    if (ms === undefined) expect(found).toBe(undefined)
    else expect(found).toBeCloseTo(ms, 6)
  })

  it('is a number for each part', () => {
    const annotations = { 'apiserver.latency.k8s.io/mutating-webhook': '1.5s' }
    expect(readField({ annotations }, 'latencyMs.mutating-webhook')).toEqual([1500])
    expect(readField({ annotations }, 'latencyMs.total')).toBe(undefined)
  })
})

describe('what RBAC allowed a request by', () => {
  const reason = (text: string) => ({ annotations: { 'authorization.k8s.io/reason': text } })
  const fields = [
    'grantBindingKind',
    'grantBinding',
    'grantNamespace',
    'grantRoleKind',
    'grantRole',
    'grantSubjectKind',
    'grantSubject',
  ]
  it.each([
    [
      'RBAC: allowed by RoleBinding "deploy/shop" of ClusterRole "edit" to ServiceAccount "deployer/ci"',
      [
        'RoleBinding',
        'deploy',
        'shop',
        'ClusterRole',
        'edit',
        'ServiceAccount',
        'system:serviceaccount:ci:deployer',
      ],
    ],
    [
      'RBAC: allowed by ClusterRoleBinding "sre" of ClusterRole "cluster-admin" to Group "acme:sre"',
      ['ClusterRoleBinding', 'sre', undefined, 'ClusterRole', 'cluster-admin', 'Group', 'acme:sre'],
    ],
    ['', Array(7).fill(undefined)],
    ['no relationship found between node "a" and this object', Array(7).fill(undefined)],
  ])('by %j', (text, values) => {
    expect(fields.map((field) => readField(reason(text), field)?.[0])).toEqual(values)
  })
})
