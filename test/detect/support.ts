import { toAuditEvent } from '../../src/audit/event.ts'
import { splitBody } from '../../src/audit/split.ts'
import type { Alert, AuditEvent, EventBatch, EventRule, Rule } from '../../src/contracts.ts'
import { createEpisodes, type EpisodeOptions } from '../../src/detect/episode/episodes.ts'
import { createRuleSet, type RuleSet } from '../../src/detect/match.ts'

/** An exec into a pod, as an API server reports it. */
export const execEvent = {
  level: 'Metadata',
  auditID: '7c3a4f7e-5b0e-4f0f-9a55-2f7d8f2f1c11',
  stage: 'ResponseStarted',
  requestURI: '/api/v1/namespaces/shop/pods/web-0/exec?command=sh&command=-c&container=web',
  verb: 'get',
  user: { username: 'alice', groups: ['developers', 'system:authenticated'] },
  sourceIPs: ['198.51.100.7', '192.0.2.7'],
  userAgent: 'kubectl/v1.36.3',
  objectRef: {
    resource: 'pods',
    namespace: 'shop',
    name: 'web-0',
    subresource: 'exec',
    apiVersion: 'v1',
  },
  responseStatus: { code: 101 },
  requestReceivedTimestamp: '2026-01-01T00:00:00.000001Z',
  stageTimestamp: '2026-01-01T00:00:00.123456Z',
  annotations: { 'authorization.k8s.io/decision': 'allow' },
}

export function eventOf(raw: Readonly<Record<string, unknown>>): AuditEvent {
  return toAuditEvent(raw, { cluster: 'test', receivedAtMs: 1_767_225_600_000 })
}

/** A batch of the bytes of some items, indexed as on receipt. */
export function batchOf(body: string | Uint8Array): EventBatch {
  const { bytes, items } = splitBody(typeof body === 'string' ? Buffer.from(body) : body)
  return { cluster: 'test', sender: '', receivedAtMs: 1_767_225_600_000, bytes, index: items }
}

/** A set in which a rule that throws fails the test. */
export function ruleSetOf(rules: readonly Rule[]): RuleSet {
  return createRuleSet(rules, {
    onRuleFailure: (rule, error) => {
      throw new Error(`${rule.title} failed`, { cause: error })
    },
  })
}

/** Options with round numbers: quiet 10 minutes, updates every 5, lateness 2, at most a day. */
export const episodeOptions: EpisodeOptions = {
  defaults: {
    threshold: 1,
    suppressUs: 0,
    updateEveryUs: 300_000_000,
    quietUs: 600_000_000,
  },
  maximumUs: 86_400_000_000,
  latenessUs: 120_000_000,
  maxOpen: 1_000,
  maxEvents: 100,
  maxEntries: 10_000,
}

/** The alert that a match of the rule on the event opens. */
export function openedAlert(rule: EventRule, event: AuditEvent): Alert {
  const [alert] = createEpisodes(episodeOptions).accept([{ rule, event, itemNumber: 0 }])
  if (alert === undefined) throw new Error('no alert was opened')
  return alert
}
