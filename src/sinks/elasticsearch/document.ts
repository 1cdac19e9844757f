import type { Alert } from '../../contracts.ts'
import { severities } from '../severity.ts'
import { ecsVersion, isAddress, withoutEmpty } from './ecs.ts'

/** The alert as a document of the Elastic Common Schema; the whole of it is under `kubewitness.alert`. */
export function alertDocument(alert: Alert, ingestedAtMs: number): Record<string, unknown> {
  const { rule, target } = alert
  const { score } = severities[rule.level]
  const peerIp = isAddress(alert.peerIp) ? alert.peerIp : ''
  const document = withoutEmpty({
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
  })
  // It has a time, at least. The alert itself stays as it is.
  return Object.assign(document as Record<string, unknown>, { kubewitness: { alert } })
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
