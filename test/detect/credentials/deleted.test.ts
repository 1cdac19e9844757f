import { describe, expect, it } from 'vitest'
import { first, storiesOf } from './stories.ts'
import { kubelet, person, type Request, webPod } from './support.ts'

describe('what is deleted', () => {
  const refused: Request = { ip: '203.0.113.50', code: 401, agent: 'curl/8.5.0' }
  const thief = { ...webPod, ip: '203.0.113.50', agent: 'curl/8.5.0' }
  const deletion = { ...person, verb: 'delete', target: 'pods shop/web-0', at: 10 }

  it('is told of an accepted request only when nothing is left to make it', () => {
    const byNode = { ...deletion, ...kubelet('worker-1', '10.0.0.1') }
    const final = { ...byNode, verb: 'delete', target: 'pods shop/web-0', at: 10 }
    const late = { ...webPod, at: 12.5 }
    expect(storiesOf(webPod, deletion, late)[2]).toEqual(undefined)
    expect(storiesOf(webPod, final, late)[2]).toEqual({
      goneBecause: 'pod',
      secondsAfterDeletion: 2.5,
    })
    expect(storiesOf(webPod, { ...deletion, query: '?gracePeriodSeconds=0' }, late)[2]).toEqual({
      goneBecause: 'pod',
      secondsAfterDeletion: 2.5,
    })
  })

  it('is told of a request that is refused at an address where the credential was used', () => {
    const account = { ...deletion, target: 'serviceaccounts shop/web' }
    const told = { secondsAfterDeletion: 11 }
    expect(storiesOf(thief, deletion, { ...refused, at: 21 })[2]).toEqual({
      ...told,
      goneBecause: 'pod',
    })
    expect(storiesOf(thief, account, { ...refused, at: 21 })[2]).toEqual({
      ...told,
      goneBecause: 'account',
    })
    expect(storiesOf(thief, deletion, { ...refused, ip: '203.0.113.51', at: 21 })[2]).toBe(
      undefined,
    )
    expect(storiesOf(thief, deletion, { ...refused, at: 5000 })[2]).toBe(undefined)
    expect(storiesOf(thief, deletion, { ...refused, code: 403, at: 21 })[2]).toBe(undefined)
  })

  it('is not what was only tried, or is another object', () => {
    for (const other of [
      { code: 404 },
      { target: 'pods shop/web-1' },
      { target: 'pods other/web-0' },
      { target: 'pods/eviction shop/web-0' },
      { cluster: 'other' },
      { verb: 'deletecollection', query: '?labelSelector=a%3Db', target: 'pods shop/' },
    ])
      expect(storiesOf(thief, { ...deletion, ...other }, { ...refused, at: 21 })[2]).toBe(undefined)
  })

  it.each([
    [{ query: '?dryRun=All', level: 'Request' }, false],
    [{ level: 'Request', body: { dryRun: ['All'] } }, false],
    [{ query: '?dryRun=All', level: 'Request', body: { kind: 'DeleteOptions' } }, true],
    [{ query: '?dryRun=All', level: 'Metadata' }, true],
  ])(
    'is deleted with %j: %j, as a body takes the place of what its URL asks for',
    (how, isGone) => {
      const account = { ...deletion, target: 'serviceaccounts shop/web', ...how }
      const [, , story] = storiesOf(thief, account, { ...refused, at: 21 })
      expect(story?.goneBecause).toBe(isGone ? 'account' : undefined)
    },
  )

  it.each([
    [{ body: { gracePeriodSeconds: 0 } }, true],
    [{ query: '?gracePeriodSeconds=0' }, true],
    [{ query: '?gracePeriodSeconds=0', body: { gracePeriodSeconds: 30 } }, false],
    [{ query: '?gracePeriodSeconds=0', body: {} }, false],
  ])('is a pod that goes at once with %j: %j', (how, isGone) => {
    const [, , story] = storiesOf(webPod, { ...deletion, ...how }, { ...webPod, at: 12.5 })
    expect(story?.goneBecause).toBe(isGone ? 'pod' : undefined)
  })

  it('may be everything of a namespace', () => {
    const all = { ...deletion, verb: 'deletecollection', target: 'serviceaccounts shop/' }
    expect(storiesOf(thief, all, { ...refused, at: 21 })[2]?.goneBecause).toBe('account')
  })

  it('is a Secret, until one of that name is there again', () => {
    const legacy: Request = {
      user: 'system:serviceaccount:ci:robot',
      ip: '203.0.113.50',
      annotations: { 'authentication.k8s.io/legacy-token-manual-secret': 'robot-token' },
    }
    const gone = { ...deletion, target: 'secrets ci/robot-token' }
    const late = { goneBecause: 'secret', secondsAfterDeletion: 5 }
    expect(storiesOf(legacy, gone, { ...legacy, at: 15 }, { ...legacy, at: 400 }).slice(2)).toEqual(
      [late, undefined],
    )
    expect(storiesOf(legacy, gone, { ...refused, at: 15 })[2]).toEqual(late)
  })

  it('does not take along a pod of the same name that came later', () => {
    const next = { ...webPod, extra: { ...webPod.extra, 'pod-uid': 'uid-2' }, at: 20 }
    expect(storiesOf(webPod, deletion, next)[2]).toEqual(first)
  })
})
