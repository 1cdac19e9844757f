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

function targetTexts(
  { target, targets = [target] }: Alert,
  key: 'namespace' | 'resource',
): readonly string[] {
  return [...new Set(targets.map((each) => each[key] ?? ''))]
}
