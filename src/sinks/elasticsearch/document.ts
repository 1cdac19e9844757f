import { isIP } from 'node:net'
import type { Alert } from '../../contracts.ts'
import { severities } from '../severity.ts'

/** Version of the Elastic Common Schema that the documents follow. */
const ecsVersion = '8.17.0'

/** `kubewitness-alerts-<namespace>-<yyyy.mm>`, by the event that opened the alert: all its revisions go to one index. */
export function indexOf(alert: Alert, namespace: string): string {
  // An event that comes late may make `firstSeen` earlier, but not the time of the one that opened it.
  const time = alert.openedAt ?? alert.firstSeen
  const [, year, month] = /^(\d{4})-(\d\d)-/.exec(time) ?? ['', '1970', '01']
  return `${aliasOf(namespace)}-${year}.${month}`
}

/** The name under which all months are searched. */
export function aliasOf(namespace: string): string {
  return `kubewitness-alerts-${namespace}`
}

/** The alert as a document of the Elastic Common Schema; the whole of it is under `kubewitness.alert`. */
export function alertDocument(alert: Alert, ingestedAtMs: number): Record<string, unknown> {
  const { rule, target } = alert
  const { score } = severities[rule.level]
  const peerIp = isAddress(alert.peerIp) ? alert.peerIp : ''
  return withoutEmpty({
    '@timestamp': alert.firstSeen,
    message: alert.summary,
    tags: rule.tags,
    ecs: { version: ecsVersion },
    event: {
      kind: 'alert',
      category: ['intrusion_detection'],
      type: ['info'],
      module: 'kubewitness',
      dataset: 'kubewitness.alerts',
      id: alert.id,
      severity: score,
      risk_score: score,
      start: alert.firstSeen,
      end: alert.lastSeen,
      ingested: new Date(ingestedAtMs).toISOString(),
    },
    rule: { id: rule.id, uuid: rule.id, name: rule.name, description: rule.title },
    threat: threatOf(rule.tags),
    user: { name: alert.actor, effective: { name: alert.effectiveUser } },
    user_agent: { original: alert.userAgent },
    source: { ip: peerIp },
    client: { ip: peerIp },
    related: {
      ip: [...new Set([alert.peerIp, ...(alert.peerIps ?? [])])].filter(isAddress),
      user: [...new Set([alert.actor, alert.effectiveUser])].filter((user) => user !== ''),
    },
    orchestrator: {
      type: 'kubernetes',
      cluster: { name: alert.cluster },
      namespace: target.namespace,
      resource: { type: target.resource, name: target.name },
    },
    kubewitness: { alert },
  })
}

/** Elasticsearch refuses a whole document for one text in an IP field that is none, a zone (`%eth0`) included. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

/** ATT&CK from Sigma's tags: `attack.t1609`, `attack.t1552.007`, `attack.execution`. */
function threatOf(tags: readonly string[]): Record<string, unknown> | undefined {
  const names = tags.filter((tag) => tag.startsWith('attack.')).map((tag) => tag.slice(7))
  const techniques = names.filter((name) => /^t\d{4}(\.\d{3})?$/i.test(name))
  const tactics = names.filter((name) => /^[a-z][a-z_-]*$/.test(name))
  if (techniques.length === 0 && tactics.length === 0) return undefined
  const ids = techniques.map((name) => name.toUpperCase())
  return {
    framework: 'MITRE ATT&CK',
    tactic: { name: tactics.map((name) => name.replaceAll('_', '-')) },
    technique: {
      id: [...new Set(ids.map((id) => id.slice(0, 5)))],
      subtechnique: { id: ids.filter((id) => id.includes('.')) },
    },
  }
}

/** The top two levels without empty texts, lists and objects; the alert itself stays as it is. */
function withoutEmpty(document: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(document)
    .map(([key, value]) => [key, key === 'kubewitness' ? value : emptyToUndefined(value)] as const)
    .filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries)
}

function emptyToUndefined(value: unknown): unknown {
  if (value === '' || (Array.isArray(value) && value.length === 0)) return undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, emptyToUndefined(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
