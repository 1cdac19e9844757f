import { describe, expect, it } from 'vitest'
import { readEvents } from '../../support/recordings.ts'
import { readField } from './support.ts'

const user = (username: string, more: object = {}) => ({ user: { username, ...more } })

describe('the class of a user', () => {
  it.each([
    [user('system:anonymous'), 'anonymous'],
    [user('probe', { groups: ['system:unauthenticated'] }), 'anonymous'],
    [user('system:serviceaccount:shop:web'), 'serviceAccount'],
    [user('system:node:worker-1'), 'node'],
    [user('system:bootstrap:abcdef'), 'bootstrapToken'],
    [user('system:kube-scheduler'), 'systemComponent'],
    [user('system:serviceaccount:shop'), 'systemComponent'],
    [user('system:serviceaccount:shop:web:x'), 'systemComponent'],
    [user('SYSTEM:node:worker-1'), 'systemComponent'],
    [user('eks:node-manager'), 'systemComponent'],
    [user('aksService'), 'systemComponent'],
    [user('masterclient'), 'person'],
    [user('alice@example.com'), 'person'],
    [user('ci', { extra: { arn: ['arn:aws:iam::111122223333:role/ci'] } }), 'cloudIdentity'],
    [user('ci', { uid: 'aws-iam-authenticator:111122223333:AROA' }), 'cloudIdentity'],
    [user('ci@project.iam.gserviceaccount.com'), 'cloudIdentity'],
    [user('alice@example.com', { extra: { oid: ['0'] } }), 'cloudIdentity'],
  ])('of %j is %s', (raw, value) => {
    expect(readField(raw, 'userClass')).toEqual([value])
  })

  it.each([{}, { user: {} }, { user: { username: '' } }, { user: { username: 5 } }])(
    'of %j is absent',
    (raw) => {
      expect(readField(raw, 'userClass')).toBe(undefined)
    },
  )

  it('counts the users of a day', () => {
    const counts = new Map<unknown, number>()
    for (const raw of readEvents('benign/day.jsonl')) {
      const value = readField(raw, 'userClass')?.[0]
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    expect(Object.fromEntries(counts)).toEqual({
      anonymous: 172,
      node: 6654,
      person: 598,
      serviceAccount: 6319,
      systemComponent: 1743,
    })
  })
})

describe('the managed service of a user', () => {
  it.each([
    [user('eks:addon-manager'), ['eks']],
    [user('system:node:a', { extra: { arn: ['arn:aws:sts::1:assumed-role/a'] } }), ['eks']],
    [user('system:gke-controller-manager'), ['gke']],
    [user('kubelet-nodepool-bootstrap'), ['gke']],
    [user('masterclient'), ['aks']],
    [user('hcpService'), ['aks']],
    [user('alice'), undefined],
    [{}, undefined],
  ])('of %j is %j', (raw, values) => {
    expect(readField(raw, 'cloudProvider')).toEqual(values)
  })
})

describe('a service account', () => {
  it('has a namespace and a name', () => {
    const raw = user('system:serviceaccount:shop:web')
    expect(readField(raw, 'serviceAccountNamespace')).toEqual(['shop'])
    expect(readField(raw, 'serviceAccountName')).toEqual(['web'])
    expect(readField(user('alice'), 'serviceAccountName')).toBe(undefined)
  })
})

describe('a credential', () => {
  const extra = (key: string, ...values: readonly unknown[]) =>
    user('system:serviceaccount:shop:web', {
      extra: { [`authentication.kubernetes.io/${key}`]: values },
    })

  it.each([
    ['credentialId', extra('credential-id', 'JTI=1'), ['JTI=1']],
    ['credentialId', extra('credential-id', 5, null), undefined],
    ['credentialId', user('alice'), undefined],
    ['credentialKind', extra('credential-id', 'JTI=1'), ['token']],
    ['credentialKind', extra('credential-id', 'X509SHA256=1'), ['certificate']],
    ['credentialKind', user('system:bootstrap:abcdef'), ['bootstrapToken']],
    [
      'credentialKind',
      { annotations: { 'authentication.k8s.io/legacy-token': 'system:serviceaccount:a:b' } },
      ['legacyToken'],
    ],
    ['credentialKind', user('system:anonymous'), undefined],
    ['tokenPod', extra('pod-name', 'web-0'), ['web-0']],
    ['tokenPodUid', extra('pod-uid', 'u'), ['u']],
    ['tokenNode', extra('node-name', 'worker-1'), ['worker-1']],
    [
      'issuedCredentialId',
      { annotations: { 'authentication.kubernetes.io/issued-credential-id': 'JTI=2' } },
      ['JTI=2'],
    ],
    ['issuedCredentialId', {}, undefined],
  ])('%s of %j is %j', (path, raw, values) => {
    expect(readField(raw, path)).toEqual(values)
  })

  it('that was issued is the one in use later', () => {
    const events = readEvents('attacks/token-for-another-account.jsonl')
    const issued = events.flatMap((raw) => readField(raw, 'issuedCredentialId') ?? [])
    const later = events.filter((raw) => issued.includes(readField(raw, 'credentialId')?.[0]))
    expect([issued.length, new Set(later.map((raw) => readField(raw, 'actor')?.[0]))]).toEqual([
      1,
      new Set(['system:serviceaccount:argocd:argocd-application-controller']),
    ])
  })
})
