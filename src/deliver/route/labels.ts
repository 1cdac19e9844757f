import { z } from 'zod'
import type { Alert } from '../../contracts.ts'

/** Labels that alerts are put together by: all but `tags`, in which alerts that belong together differ. */
export const groupLabels = [
  'level',
  'rule',
  'cluster',
  'namespace',
  'resource',
  'actor',
  'effectiveUser',
  'peerIp',
] as const

export type GroupLabel = (typeof groupLabels)[number]

/** What routes, silences and inhibition tell alerts apart by. */
export const alertLabels = [...groupLabels, 'tags'] as const

export type AlertLabel = (typeof alertLabels)[number]

/** The values of an alert: one at least, but for `tags`. */
export type AlertLabels = Readonly<Record<AlertLabel, readonly string[]>>

/** For labels that were saved. */
export const alertLabelsSchema = z.record(z.enum(alertLabels), z.array(z.string()))

export function labelsOf(alert: Alert): AlertLabels {
  const { actor, cluster, effectiveUser, peerIp, peerIps, rule } = alert
  return {
    level: [rule.level],
    rule: [rule.name, rule.id],
    tags: rule.tags,
    cluster: [cluster],
    namespace: targetTexts(alert, 'namespace'),
    resource: targetTexts(alert, 'resource'),
    actor: [actor],
    effectiveUser: [effectiveUser],
    peerIp: peerIps ?? [peerIp],
  }
}

/** The one text that stands for a label where alerts are compared with each other; of a rule its name. */
export function labelText(labels: AlertLabels, label: GroupLabel): string {
  const values = labels[label]
  return label === 'rule' ? (values[0] ?? '') : values.toSorted().join(', ')
}

function targetTexts(
  { target, targets = [target] }: Alert,
  key: 'namespace' | 'resource',
): readonly string[] {
  return [...new Set(targets.map((each) => each[key] ?? ''))]
}
