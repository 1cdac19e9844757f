import type { Alert } from '../../contracts.ts'

/** What routes, silences and inhibition tell alerts apart by. Some labels have several values; none is ever absent. */
export const alertLabels = {
  level: ({ rule }) => [rule.level],
  rule: ({ rule }) => [rule.name, rule.id],
  tags: ({ rule }) => rule.tags,
  cluster: ({ cluster }) => [cluster],
  namespace: (alert) => targetTexts(alert, 'namespace'),
  resource: (alert) => targetTexts(alert, 'resource'),
  actor: ({ actor }) => [actor],
  effectiveUser: ({ effectiveUser }) => [effectiveUser],
  peerIp: ({ peerIp, peerIps }) => peerIps ?? [peerIp],
} as const satisfies Readonly<Record<string, (alert: Alert) => readonly string[]>>

export type AlertLabel = keyof typeof alertLabels

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
] as const satisfies readonly AlertLabel[]

export type GroupLabel = (typeof groupLabels)[number]

/** The one text that stands for a label where alerts are compared with each other. */
export function labelText(alert: Alert, label: GroupLabel): string {
  if (label === 'rule') return alert.rule.name
  return alertLabels[label](alert).toSorted().join(', ')
}

function targetTexts(
  { target, targets = [target] }: Alert,
  key: 'namespace' | 'resource',
): readonly string[] {
  return [...new Set(targets.map((each) => each[key] ?? ''))]
}
