import type { FieldPaths } from '../audit/fields.ts'
import { targetOf } from '../audit/target.ts'
import type { Alert, AlertReason, AuditEvent, RuleMetadata } from '../contracts.ts'
import type { CorrelationMatch } from './correlate/correlator.ts'
import { groupByOf, hasGroupBy } from './episode/settings.ts'
import { reasonsOf } from './explain.ts'
import type { RuleMatch } from './match.ts'
import { printable, textOfValue } from './printable.ts'
import { placeholderReader, type ReadPlaceholder, summaryOf } from './summary.ts'

/** What an alert says of the match that opens it, and goes on saying whatever follows. */
export type AlertSubject = Pick<
  Alert,
  | 'rule'
  | 'cluster'
  | 'actor'
  | 'effectiveUser'
  | 'peerIp'
  | 'userAgent'
  | 'target'
  | 'group'
  | 'summary'
  | 'why'
>

/** Names and values, as they stand in the event. */
export type Group = readonly (readonly [string, string])[]

/**
 * What the matches of a rule on one event are grouped by. Strangers have no name in common: their address is theirs.
 * `paths`, here and below, as of `createFieldReader`.
 */
export function groupOf({ rule, event }: RuleMatch, paths: FieldPaths): Group {
  const read = placeholderReader(event, paths)
  const isStranger = event.actor === '' || event.actor === 'system:anonymous'
  const names = groupByOf(rule)
  const all = isStranger && !hasGroupBy(rule) ? [...names, 'peerIp'] : names
  return all.map((name) => [name, read(name) ?? 'unknown'])
}

export function subjectOf(
  { rule, event }: RuleMatch,
  group: Group,
  paths: FieldPaths,
): AlertSubject {
  return {
    rule: ruleOf(rule),
    ...aboutEvent(event),
    group: printableGroup(group),
    summary: summaryOf(rule, placeholderReader(event, paths)),
    why: reasonsOf(rule, event, paths),
  }
}

/** Of a correlation. `event` is the one that completed it, when it is at hand; else the group says what it can. */
export function correlatedSubjectOf(
  match: CorrelationMatch,
  event: AuditEvent | undefined,
  paths: FieldPaths,
): AlertSubject {
  const { rule, cluster, group } = match
  const ofEvent = event === undefined ? undefined : placeholderReader(event, paths)
  const own = new Map<string, unknown>([
    ['count', match.count],
    ['value', match.value],
    ['cluster', cluster],
    ...Object.entries(group),
  ])
  const read: ReadPlaceholder = (name) => {
    const value = own.get(name)
    return value === undefined ? ofEvent?.(name) : String(value)
  }
  const values = Object.values(group).map((value) => printable(String(value)))
  const hasSummary = typeof rule.custom['summary'] === 'string'
  return {
    rule: ruleOf(rule),
    ...(event === undefined ? aboutGroup(match) : aboutEvent(event)),
    group: printableGroup(correlationGroup(match)),
    summary: hasSummary
      ? summaryOf(rule, read)
      : [rule.title, values.join(', ')].filter(Boolean).join(': '),
    why: [reasonOf(match)],
  }
}

/** What the matches of a correlation are grouped by. */
export function correlationGroup({ group }: CorrelationMatch): Group {
  return Object.entries(group).map(([name, value]) => [name, String(value)])
}

function reasonOf({ rule, count, value }: CorrelationMatch): AlertReason {
  const { type } = rule.correlation
  const isCompared = value !== undefined && type !== 'event_count'
  return {
    selection: type,
    field: isCompared ? type.replace('value_', '') : 'count',
    value: String(isCompared ? value : count),
  }
}

function ruleOf(rule: RuleMetadata): Alert['rule'] {
  const { id, title, level, tags } = rule
  return { id, name: ruleName(rule), title, level, tags }
}

function aboutEvent(
  event: AuditEvent,
): Pick<AlertSubject, 'cluster' | 'actor' | 'effectiveUser' | 'peerIp' | 'userAgent' | 'target'> {
  const { cluster, actor, effectiveUser, peerIp } = event
  const userAgent = textAt(event, 'userAgent')
  return { cluster, actor, effectiveUser, peerIp, userAgent, target: targetOf(event) }
}

/** Which names of `group-by` say who it was and from where. */
const actorNames = ['actor', 'user.username']
const effectiveUserNames = ['effectiveUser', 'impersonatedUser.username']
const peerIpNames = ['peerIp', 'sourceIPs']

function aboutGroup({ cluster, group }: CorrelationMatch): ReturnType<typeof aboutEvent> {
  const first = (names: readonly string[]): string =>
    names.map((name) => (Object.hasOwn(group, name) ? String(group[name]) : '')).find(Boolean) ?? ''
  const actor = first(actorNames)
  const target = {
    resource: first(['resource', 'objectRef.resource']),
    namespace: first(['namespace', 'objectRef.namespace']),
    name: first(['name', 'objectRef.name']),
  }
  return {
    cluster,
    actor,
    effectiveUser: first(effectiveUserNames) || actor,
    peerIp: first(peerIpNames),
    userAgent: first(['userAgent']),
    target: Object.fromEntries(Object.entries(target).filter(([, value]) => value !== '')),
  }
}

/** The rule's `name`, else what its file is called: `exec_into_pod` for `execution/exec_into_pod.yml`. */
export function ruleName({ name, location }: RuleMetadata): string {
  const file = location.path.split(/[\\/]/).at(-1) ?? ''
  return name ?? file.replace(/\.ya?ml$/, '')
}

function printableGroup(group: Group): Readonly<Record<string, string>> {
  return Object.fromEntries(group.map(([name, value]) => [name, printable(value)]))
}

export function textAt({ raw }: AuditEvent, key: string): string {
  const value = Object.hasOwn(raw, key) ? raw[key] : undefined
  return value === undefined || value === null ? '' : textOfValue(value)
}
