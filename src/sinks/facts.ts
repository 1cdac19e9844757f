import type { Alert } from '../contracts.ts'
import { cleanText } from './clean-text.ts'

/** What people want to know of an alert besides its summary, in order; what is empty is left out. One clean line each. */
export function factsOf(alert: Alert): (readonly [name: string, value: string])[] {
  const facts: readonly (readonly [string, string])[] = [
    ['Cluster', alert.cluster],
    ['Actor', alert.actor],
    ['Acting as', alert.effectiveUser === alert.actor ? '' : alert.effectiveUser],
    ['From', alert.peerIp],
    ['Object', targetText(alert.target)],
    ['User agent', alert.userAgent],
    ['First seen', alert.firstSeen],
    ['Last seen', alert.lastSeen === alert.firstSeen ? '' : alert.lastSeen],
    ['Events', String(alert.count)],
  ]
  return facts
    .map(([name, value]) => [name, cleanText(value, 250)] as const)
    .filter(([, value]) => value !== '')
}

/** Why the rule matched, a line for each condition, cut with how many there are more. */
export function reasonLines({ why }: Alert, maxLines: number): string[] {
  const shown = why.length > maxLines ? why.slice(0, maxLines - 1) : why
  const lines = shown.map(({ selection, field, value }) =>
    cleanText(`${selection}: ${field} = ${value}`, 300),
  )
  return shown.length < why.length ? [...lines, `and ${why.length - shown.length} more`] : lines
}

/** `pods/exec shop/web-0`. */
export function targetText(target: Alert['target']): string {
  const kind = [target.resource, target.subresource].filter(Boolean).join('/')
  const place = [target.namespace, target.name].filter(Boolean).join('/')
  return `${kind} ${place}`.trim()
}
