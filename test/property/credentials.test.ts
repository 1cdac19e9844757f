import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEvent, CredentialStory } from '../../src/contracts.ts'
import { type Credentials, createCredentials } from '../../src/detect/credentials/credentials.ts'
import {
  deployer,
  kubelet,
  person,
  podOn,
  type Request,
  requestOf,
  webPod,
} from '../detect/credentials/support.ts'
import { batchOf } from '../detect/support.ts'

let passedOver = 0
const limits = { holders: 6, addresses: 6, issued: 6 }

const who: readonly Request[] = [
  webPod,
  podOn('worker-1', 'cart'),
  podOn('worker-2', 'db'),
  kubelet('worker-1', '10.0.0.1'),
  kubelet('worker-2', '10.0.0.2'),
  deployer,
  person,
  { code: 401 },
]
const change: readonly Request[] = [
  { ...kubelet('worker-1', '10.0.0.1'), verb: 'delete', target: 'pods shop/web-0' },
  { ...kubelet('worker-1', '10.0.0.1'), verb: 'delete', target: 'pods shop/cart-0' },
  { ...person, verb: 'delete', target: 'serviceaccounts ci/deployer' },
  {
    ...person,
    verb: 'create',
    target: 'serviceaccounts/token ci/deployer',
    code: 201,
    annotations: { 'authentication.kubernetes.io/issued-credential-id': 'JTI=deployer' },
  },
]

const ip = fc.constantFrom('10.1.1.5', '10.1.1.6', '203.0.113.50', '2001:db8::1')
const agent = fc.constantFrom('web/1.0', 'kubectl/v1.36', 'curl/8')
/** A value in one case of eight. */
const now = (value: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })
const use = fc.tuple(fc.constantFrom(...who), now(ip), now(agent)).map(
  ([request, otherIp, otherAgent]): Request => ({
    ...request,
    ...(otherIp !== undefined && { ip: otherIp }),
    ...(otherAgent !== undefined && { agent: otherAgent }),
  }),
)
/** Mostly in order, now and then a little late; long enough to leave slots behind. */
const events = fc
  .array(
    fc.tuple(
      fc.oneof(
        { weight: 30, arbitrary: use },
        { weight: 1, arbitrary: fc.constantFrom(...change) },
      ),
      fc.integer({ min: -10, max: 40 }),
    ),
    { minLength: 1, maxLength: 150, size: 'max' },
  )
  .map((steps) => {
    let at = 10_000
    return steps.map(([request, seconds]): AuditEvent => {
      at += seconds
      return requestOf({ ...request, at })
    })
  })

/** A store that is saved and begun anew wherever `restarts` says. */
function storiesOf(
  all: readonly AuditEvent[],
  isRestart: (i: number) => boolean,
): (CredentialStory | undefined)[] {
  const saved = new Map<string, Uint8Array>()
  let credentials: Credentials = createCredentials(limits)
  return all.map((event, i) => {
    if (isRestart(i)) {
      for (const { key, value } of credentials.takeChanges()) {
        if (value === undefined) saved.delete(key)
        else saved.set(key, value)
      }
      credentials = createCredentials(limits)
      credentials.restore(Array.from(saved, ([key, value]) => ({ key, value })).reverse())
    }
    return credentials.observe(event)
  })
}

describe('what is told of credentials', () => {
  it('is the same wherever the process was restarted', () => {
    fc.assert(
      fc.property(
        events,
        fc.array(fc.boolean(), { minLength: 150, maxLength: 150 }),
        (all, restarts) => {
          const undisturbed = storiesOf(all, () => false)
          expect(storiesOf(all, (i) => restarts[i] === true)).toEqual(undisturbed)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('is the same when the events of batches are passed over that need no look', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 20 }), (all, size) => {
        const credentials = createCredentials()
        const told: (CredentialStory | undefined)[] = []
        let looks = 0
        for (let from = 0; from < all.length; from += size) {
          const batch = batchOf(
            all
              .slice(from, from + size)
              .map((event) => JSON.stringify(event.raw))
              .join('\n'),
          )
          const isNeeded = credentials.open(batch)
          for (let item = 0; item < batch.index.count; item++) {
            const event = all[from + item]
            if (event === undefined || !isNeeded(item)) told.push(undefined)
            else {
              looks++
              told.push(credentials.observe(event, { batch, item }))
            }
          }
        }
        const whole = createCredentials()
        expect(told).toEqual(all.map((event) => whole.observe(event)))
        passedOver += all.length - looks
      }),
      { numRuns: 100 },
    )
    expect(passedOver).toBeGreaterThan(1000)
  })
})
