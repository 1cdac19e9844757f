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
const use = fc
  .tuple(
    fc.constantFrom(...who),
    fc.option(ip, { nil: undefined, freq: 1 }),
    fc.option(agent, { nil: undefined, freq: 1 }),
  )
  .map(
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
      fc.oneof({ weight: 8, arbitrary: use }, { weight: 1, arbitrary: fc.constantFrom(...change) }),
      fc.integer({ min: -10, max: 100 }),
    ),
    { minLength: 1, maxLength: 100 },
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
  let credentials: Credentials = createCredentials({ limits })
  return all.map((event, i) => {
    if (isRestart(i)) {
      for (const { key, value } of credentials.takeChanges()) {
        if (value === undefined) saved.delete(key)
        else saved.set(key, value)
      }
      credentials = createCredentials({ limits })
      credentials.restore(Array.from(saved, ([key, value]) => ({ key, value })).reverse())
    }
    return credentials.observe(event)
  })
}

describe('what is told of credentials', () => {
  it('is the same wherever the process was restarted', () => {
    fc.assert(
      fc.property(events, fc.array(fc.boolean(), { minLength: 100 }), (all, restarts) => {
        const undisturbed = storiesOf(all, () => false)
        expect(storiesOf(all, (i) => restarts[i] === true)).toEqual(undisturbed)
      }),
      { numRuns: 400 },
    )
  })

  it('is the same when events that recur, and of which nothing was told, are passed over', () => {
    fc.assert(
      fc.property(events, (all) => {
        const calm = new Map<number, Set<string>>()
        const credentials = createCredentials({ onForgotten: (client) => calm.delete(client) })
        const clients = new Map<string, number>()
        const passing = all.map((event) => {
          const slot = Math.floor(event.timeUs / 300_000_000)
          const whoAndWhere = `${event.actor} ${JSON.stringify(event.raw['user'])} ${event.peerIp} ${slot}`
          const client = clients.get(whoAndWhere) ?? clients.size + 2
          clients.set(whoAndWhere, client)
          const named = String(event.raw['userAgent'])
          const isPlain = event.raw['verb'] === 'list' && event.actor !== ''
          if (isPlain && calm.get(client)?.has(named)) return undefined
          const story = credentials.observe(event, client)
          if (isPlain && story === undefined)
            calm.set(client, (calm.get(client) ?? new Set()).add(named))
          return story
        })
        const whole = createCredentials()
        expect(passing).toEqual(all.map((event) => whole.observe(event)))
      }),
      { numRuns: 400 },
    )
  })
})
