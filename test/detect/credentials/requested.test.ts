import { describe, expect, it } from 'vitest'
import { storiesOf } from './stories.ts'
import { deployer, kubelet, person, type Request } from './support.ts'

describe('a token that somebody requested', () => {
  const issue: Request = {
    ...person,
    verb: 'create',
    target: 'serviceaccounts/token ci/deployer',
    code: 201,
    annotations: { 'authentication.kubernetes.io/issued-credential-id': 'JTI=deployer' },
  }

  it('is told with who requested it, and whether it is used from there', () => {
    const issued = { place: ['first'], issuedBy: 'dana@example.com' }
    expect(storiesOf(issue, { ...deployer, ip: '10.60.7.61' })[1]).toEqual(issued)
    expect(storiesOf(issue, deployer)[1]).toEqual({ ...issued, isAwayFromIssuer: true })
  })

  it('is ordinary when its own account, a kubelet or the controller manager requested it', () => {
    const { annotations, verb, target, code } = issue
    const request = {
      annotations: annotations ?? {},
      verb: verb ?? '',
      target: target ?? '',
      code: code ?? 0,
    }
    for (const issuer of [
      deployer,
      kubelet('worker-1', '10.0.0.1'),
      { ...person, user: 'system:kube-controller-manager' },
    ])
      expect(storiesOf({ ...issuer, ...request }, { ...deployer, at: 400 })[1]?.issuedBy).toBe(
        undefined,
      )
  })

  it('is told when a node requested it in an unusual way', () => {
    const { annotations = {}, target = '' } = issue
    const node = { ...kubelet('worker-1', '203.0.113.50'), agent: 'curl/8.5.0' }
    expect(
      storiesOf({ ...node, annotations, target, verb: 'create', code: 201 }, deployer)[1]?.issuedBy,
    ).toBe('system:node:worker-1')
  })
})
