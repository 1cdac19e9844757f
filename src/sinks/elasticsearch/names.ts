import type { Alert } from '../../contracts.ts'

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

/** Data set of Elastic's Kubernetes integration: its rules read `logs-kubernetes.audit_logs-*`. */
export const eventDataset = 'kubernetes.audit_logs'

/** The data stream of archived events. */
export function streamOf(namespace: string): string {
  return `logs-${eventDataset}-${namespace}`
}
