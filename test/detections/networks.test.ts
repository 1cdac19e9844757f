import { describe, expect, it } from 'vitest'
import { isRememberedField } from '../../src/audit/derived/table.ts'
import { fieldsReadBy } from '../../src/detect/fields-read.ts'
import { createRuleSet } from '../../src/detect/match.ts'
import { readEvents } from '../support/recordings.ts'
import { alertsOnBytes, readBuiltinRules } from './corpus.ts'

const rules = readBuiltinRules().rules.filter((rule) => fieldsReadBy(rule).some(isRememberedField))
const ruleSet = createRuleSet(rules, {
  onRuleFailure: (_rule, error) => expect.fail(String(error)),
})
const events = readEvents('benign/day.jsonl')
const addressOfNode = new Map(
  events.filter((event) => nodeOf(event) !== '').map((event) => [nodeOf(event), peerOf(event)]),
)

type Event = (typeof events)[number]

function peerOf({ sourceIPs }: Event): string {
  return String((sourceIPs as readonly unknown[]).at(-1))
}

function nodeOf(event: Event): string {
  return /"username":"system:node:([^"]+)"/.exec(JSON.stringify(event['user']))?.[1] ?? ''
}

/** The node of the pod that a token is bound to. */
function podsNodeOf(event: Event): string {
  return /node-name":\["([^"]+)"/.exec(JSON.stringify(event['user']))?.[1] ?? ''
}

const isPods = (event: Event): boolean => peerOf(event).startsWith('10.244.')

/** How addresses may look to an API server, and how many alerts of medium or above that may raise. */
const networks: Readonly<Record<string, readonly [(event: Event, i: number) => string, number]>> = {
  'pods have addresses of their own': [peerOf, 0],
  'all come by one load balancer': [() => '10.60.0.9', 0],
  'pods are seen by the addresses of their nodes': [
    (event) =>
      isPods(event) ? (addressOfNode.get(podsNodeOf(event)) ?? '10.40.1.11') : peerOf(event),
    0,
  ],
  'pods are seen by their own addresses or by those of their nodes': [
    (event, i) =>
      isPods(event) && i % 3 === 0
        ? (addressOfNode.get(podsNodeOf(event)) ?? peerOf(event))
        : peerOf(event),
    // In the first seconds, while the kubelets of some nodes have not been seen yet.
    4,
  ],
  'pods come by the address of one node': [
    (event) => (isPods(event) ? '10.40.1.11' : peerOf(event)),
    0,
  ],
  'pods come by a gateway': [(event) => (isPods(event) ? '10.99.0.1' : peerOf(event)), 0],
  'all come by one of two load balancers': [
    (_event, i) => (i % 3 === 0 ? '10.60.0.9' : '10.61.0.9'),
    3,
  ],
}

describe('what is remembered of credentials raises no noise where', () => {
  it.each(Object.entries(networks))('%s', (_name, [addressOf, atMost]) => {
    const seen = events.map((event, i) => ({ ...event, sourceIPs: [addressOf(event, i)] }))
    const alerts = alertsOnBytes(ruleSet, Buffer.from(JSON.stringify(seen)))
    const loud = alerts.filter(({ rule }) => ['medium', 'high', 'critical'].includes(rule.level))
    expect(loud.length).toBeLessThanOrEqual(atMost)
  })
})
