import { describe, expect, it } from 'vitest'
import { listRecordings, readEvents } from '../../support/recordings.ts'
import { readField } from './support.ts'

const event = (code: number, message = '', decision: string | null = 'allow') => ({
  stage: 'ResponseComplete',
  user: { username: 'alice' },
  objectRef: { resource: 'pods' },
  responseStatus: { code, message },
  ...(decision === null ? {} : { annotations: { 'authorization.k8s.io/decision': decision } }),
})
const refused = (reason: string) => event(403, `pods "web" is forbidden: ${reason}`)
const role = { objectRef: { apiGroup: 'rbac.authorization.k8s.io', resource: 'roles' } }

describe('the outcome', () => {
  it.each([
    [event(200), 'allowed'],
    [event(101), 'allowed'],
    [{ ...event(201), requestURI: '/x?dryRun=All' }, 'dryRun'],
    [{ ...refused('no'), requestURI: '/x?dryRun=All' }, 'admissionRefused'],
    [event(200, 'Connection closed early'), 'closedEarly'],
    [
      { ...event(401, 'Unauthorized', null), user: {}, stage: 'ResponseStarted' },
      'unauthenticated',
    ],
    [event(401), 'failed'],
    [
      event(403, 'forbidden: User "a" cannot impersonate-on:user-info:get path "/api"', null),
      'impersonationRefused',
    ],
    [event(403, '', null), 'forbidden'],
    [event(403, 'pods is forbidden: violates PodSecurity "x"', 'forbid'), 'forbidden'],
    [event(429, '', null), 'throttled'],
    [event(429, "Cannot evict pod as it would violate the pod's disruption budget."), 'failed'],
    [
      {
        ...refused(
          'user "a" (groups=["b"]) is attempting to grant RBAC permissions not currently held:\n{}',
        ),
        ...role,
      },
      'escalationRefused',
    ],
    [refused('violates PodSecurity "baseline:latest": privileged'), 'podSecurityRefused'],
    [refused('exceeded quota: small, requested: pods=1'), 'quotaRefused'],
    [refused('failed quota: small: must specify limits.cpu'), 'quotaRefused'],
    [
      refused('unable to create new content in namespace shop because it is being terminated'),
      'namespaceTerminating',
    ],
    [refused('maximum memory usage per Container is 1Gi'), 'admissionRefused'],
    [
      event(
        422,
        `pods "web" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`,
      ),
      'policyRefused',
    ],
    [event(422, 'Pod "web" is invalid: spec'), 'failed'],
    [event(400, 'admission webhook "a.example.com" denied the request: no'), 'admissionRefused'],
    [
      { ...refused('is not allowed to modify labels'), user: { username: 'system:node:a' } },
      'nodeRefused',
    ],
    [event(403), 'admissionRefused'],
    [event(404), 'notFound'],
    [event(409), 'conflict'],
    [event(504), 'timedOut'],
    [event(500), 'failed'],
    [{ stage: 'Panic' }, 'panicked'],
    [{ stage: 'Panic', responseStatus: { code: 500 } }, 'panicked'],
  ])('of %j is %s', (raw, value) => {
    expect(readField(raw, 'outcome')).toEqual([value])
  })

  it.each([
    {},
    { stage: 'ResponseComplete' },
    { ...event(200), stage: 'RequestReceived' },
    { ...event(200), stage: ['RequestReceived'] },
    { ...event(200), responseStatus: { code: 'x' } },
  ])('is absent in %j', (raw) => {
    expect(readField(raw, 'outcome')).toBe(undefined)
  })

  it.each([
    [
      '403 of a server behind a proxy',
      { ...event(403), objectRef: { resource: 'services', subresource: 'proxy' } },
    ],
    ['401 of a kubelet', { ...event(401), objectRef: { resource: 'nodes', subresource: 'proxy' } }],
  ])('of %s is a failure like others', (_what, raw) => {
    expect(readField(raw, 'outcome')).toEqual(['failed'])
  })

  it('is not to be forged by the name of an object', () => {
    const message = (name: string) =>
      `pods "${name}" is forbidden: user "a" is attempting to grant RBAC permissions not currently held`
    const names = ['violates PodSecurity ', String.raw`x\" is forbidden: violates PodSecurity `]
    expect(
      names.map((name) => readField({ ...event(403, message(name)), ...role }, 'outcome')),
    ).toEqual([['escalationRefused'], ['escalationRefused']])
    const absent = event(404, 'pods "admission webhook \\"a\\" denied the request" not found')
    expect(readField(absent, 'outcome')).toEqual(['notFound'])
  })

  it('tells what came of all recorded requests', () => {
    const counts: Record<string, number> = {}
    for (const folder of ['attacks', 'special'])
      for (const name of listRecordings(folder, '.jsonl'))
        for (const raw of readEvents(`${folder}/${name}`)) {
          const value = String(readField(raw, 'outcome')?.[0])
          counts[value] = (counts[value] ?? 0) + 1
        }
    expect(counts).toEqual({
      admissionRefused: 2,
      allowed: 6030,
      conflict: 34,
      dryRun: 3,
      escalationRefused: 6,
      failed: 68,
      forbidden: 236,
      impersonationRefused: 20,
      namespaceTerminating: 13,
      nodeRefused: 6,
      notFound: 250,
      podSecurityRefused: 4,
      timedOut: 3,
      unauthenticated: 27,
    })
  })
})
