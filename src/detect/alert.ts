import { createHash } from 'node:crypto'
import { targetOf } from '../audit/target.ts'
import type { Alert, AuditEvent, RuleMetadata } from '../contracts.ts'
import { formatTimeUs } from '../util/time.ts'
import { reasonsOf } from './explain.ts'
import type { RuleMatch } from './match.ts'
import { printable, textOfValue } from './printable.ts'
import { placeholderReader, type ReadPlaceholder, summaryOf } from './summary.ts'

/**
 * The alert that a match opens. Its id is a function of the rule, the group and the request, so that the stages of
 * one request, and a batch that was sent again, are the same alert.
 */
export function toAlert({ rule, event }: RuleMatch): Alert {
  const read = placeholderReader(event)
  const group = groupOf(rule, read)
  // An event without any time of its own is as old as its delivery.
  const time = formatTimeUs(event.timeUs > 0 ? event.timeUs : event.receivedAtMs * 1000)
  return {
    schema: 'kubewitness.alert/v1',
    id: idOf(rule.id, group, event),
    revision: 1,
    status: 'open',
    rule: {
      id: rule.id,
      name: ruleName(rule),
      title: rule.title,
      level: rule.level,
      tags: rule.tags,
    },
    cluster: event.cluster,
    actor: event.actor,
    effectiveUser: event.effectiveUser,
    peerIp: event.peerIp,
    userAgent: textAt(event, 'userAgent'),
    target: targetOf(event),
    firstSeen: time,
    lastSeen: time,
    count: 1,
    events: [{ id: event.id, auditID: textAt(event, 'auditID'), stage: event.stage }],
    group: Object.fromEntries(group.map(([key, value]) => [key, printable(value)])),
    summary: summaryOf(rule, read),
    why: reasonsOf(rule, event),
  }
}

/** The rule's `name`, else what its file is called: `exec_into_pod` for `execution/exec_into_pod.yml`. */
export function ruleName({ name, location }: RuleMetadata): string {
  const file = location.path.split(/[\\/]/).at(-1) ?? ''
  return name ?? file.replace(/\.ya?ml$/, '')
}

/** The names of the rule's `groupBy`; the actor when it gives none. */
export function groupByOf(rule: RuleMetadata): readonly string[] {
  const { groupBy } = rule.custom
  const names = Array.isArray(groupBy) ? groupBy.filter((name) => typeof name === 'string') : []
  return names.length === 0 ? ['actor'] : names
}

function groupOf(rule: RuleMetadata, read: ReadPlaceholder): [string, string][] {
  return groupByOf(rule).map((name) => [name, read(name) ?? 'unknown'])
}

function idOf(
  ruleId: string,
  group: readonly (readonly [string, string])[],
  event: AuditEvent,
): string {
  const content = JSON.stringify([ruleId, group, event.requestId])
  return createHash('sha256').update(content).digest('hex').slice(0, 32)
}

function textAt({ raw }: AuditEvent, key: string): string {
  const value = Object.hasOwn(raw, key) ? raw[key] : undefined
  return value === undefined || value === null ? '' : textOfValue(value)
}
