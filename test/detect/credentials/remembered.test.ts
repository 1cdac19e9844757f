import { describe, expect, it } from 'vitest'
import { createCredentials } from '../../../src/detect/credentials/credentials.ts'
import { first, storiesOf } from './stories.ts'
import { podOn, type Request, requestOf, webPod } from './support.ts'

describe('what is remembered', () => {
  it('says nothing of requests without a credential', () => {
    expect(
      storiesOf(
        {},
        { user: 'system:anonymous' },
        { user: 'system:bootstrap:abcdef' },
        { code: 401 },
      ),
    ).toEqual([undefined, undefined, undefined, undefined])
  })

  it('is kept apart by cluster', () => {
    expect(storiesOf(webPod, { ...webPod, ip: '10.9.9.9', cluster: 'other' })[1]).toEqual(first)
  })

  it('is bounded, and what was of use longest ago goes first', () => {
    const limits = { holders: 16, addresses: 16, issued: 16 }
    const credentials = createCredentials(limits)
    const see = (request: Request) => credentials.observe(requestOf(request))
    see(webPod)
    for (let i = 0; i < 40; i++)
      see({ ...podOn('worker-1', `p${i}`), ip: `10.2.0.${i}`, at: 600 + i })
    see({ ...webPod, at: 700 })
    expect(credentials.forgotten).toBeGreaterThan(40)
    expect(see({ ...podOn('worker-1', 'p0'), ip: '10.2.0.0', at: 701 })).toEqual(first)
    expect(
      new Set(
        credentials
          .takeChanges()
          .filter(({ value }) => value)
          .map(({ key }) => key),
      ).size,
    ).toBeLessThanOrEqual(32)
  })

  it('drops records that it cannot use', () => {
    const credentials = createCredentials()
    credentials.restore([{ key: 'credentials/holder.0/x', value: Buffer.from('{}') }])
    expect(credentials.takeChanges()).toEqual([{ key: 'credentials/holder.0/x', value: undefined }])
  })
})
