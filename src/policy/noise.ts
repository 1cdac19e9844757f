import { type AuditPolicyRule, type AuditRequest, auditPolicyRule } from '../audit/policy/types.ts'
import type { EventRule } from '../contracts.ts'
import { boxesOfAuditRule } from './policy-boxes.ts'
import { intersectBoxes, type RequestBox } from './request-box.ts'
import { needsOf } from './rule-needs.ts'
import { isAnyText } from './text-set.ts'

/** Requests that are many and that no rule is about. */
export interface Noise {
  readonly rule: AuditPolicyRule
  /** Shares of all that was recorded, 0 to 1. */
  readonly events: number
  readonly bytes: number
  /** Rules about whatever resource that no longer see these. */
  readonly costs: readonly string[]
}

/** Adds up recorded traffic by who asks for what. */
export interface TrafficCount {
  add(request: AuditRequest, bytes: number, isMatched: boolean): void
  /** The noise for which a rule of an audit policy is worth while: at least `minimumShare` of the events each. */
  noise(rules: readonly EventRule[], minimumShare: number): readonly Noise[]
}

interface Group {
  readonly who: Partial<Pick<AuditPolicyRule, 'users' | 'userGroups'>>
  readonly verb: string
  /** `[group, resource or resource/subresource]`, or a path alone. */
  readonly target: readonly [string, string] | readonly [string]
  events: number
  bytes: number
  isMatched: boolean
}

/** More groups than any cluster has; what comes later is counted, but never noise. */
const maxGroups = 20_000

export function createTrafficCount(): TrafficCount {
  const groups = new Map<string, Group>()
  const total = { events: 0, bytes: 0 }
  return {
    add: (request, bytes, isMatched) => {
      total.events += 1
      total.bytes += bytes
      const who = machineOf(request)
      if (who === undefined) return
      const target = targetOf(request)
      const key = JSON.stringify([who, request.verb, target])
      let group = groups.get(key)
      if (group === undefined) {
        if (groups.size >= maxGroups) return
        group = { who, verb: request.verb, target, events: 0, bytes: 0, isMatched: false }
        groups.set(key, group)
      }
      group.events += 1
      group.bytes += bytes
      group.isMatched ||= isMatched
    },
    noise: (rules, minimumShare) => {
      const judge = judgeOf(rules)
      const found = [...groups.values()].filter(
        (group) => !group.isMatched && !judge(ruleOf([group])).isNeeded,
      )
      return merged(found)
        .map((members): Noise => {
          const rule = ruleOf(members)
          return {
            rule,
            events: sum(members, 'events') / total.events,
            bytes: sum(members, 'bytes') / total.bytes,
            costs: judge(rule).costs,
          }
        })
        .filter(({ events }) => events >= minimumShare)
        .toSorted(
          (a, b) =>
            b.events - a.events || JSON.stringify(a.rule).localeCompare(JSON.stringify(b.rule)),
        )
    },
  }
}

function sum(groups: readonly Group[], of: 'events' | 'bytes'): number {
  return groups.reduce((all, group) => all + group[of], 0)
}

const routineWrites = new Set(['leases', 'events', 'endpoints', 'endpointslices'])
const reads = new Set(['get', 'list', 'watch'])

/**
 * Only the routine of programs is noise: heartbeats, events and status for all of them, reads for the control plane and the
 * nodes, and health checks. What people and strangers do is not, nor what changes a workload or a right.
 */
function machineOf(request: AuditRequest): Group['who'] | undefined {
  const { verb, resource, subresource } = request
  const user = request.user?.name
  if (user === undefined || !user.startsWith('system:')) return undefined
  if (isHealthCheck(request)) return { users: [user] }
  if (user === 'system:anonymous' || user.startsWith('system:bootstrap:')) return undefined
  const isRoutine = routineWrites.has(resource) && subresource === '' && verb !== 'deletecollection'
  const isOfCluster =
    !user.startsWith('system:serviceaccount:') ||
    user.startsWith('system:serviceaccount:kube-system:')
  const isCheap = isOfCluster && (reads.has(verb) || subresource === 'status')
  if (!isRoutine && !isCheap) return undefined
  return user.startsWith('system:node:') ? { userGroups: ['system:nodes'] } : { users: [user] }
}

function isHealthCheck({ path, isResource, verb }: AuditRequest): boolean {
  return !isResource && verb === 'get' && /^\/(?:healthz|livez|readyz|metrics)(?:\/|$)/.test(path)
}

function targetOf({
  isResource,
  apiGroup,
  resource,
  subresource,
  path,
}: AuditRequest): Group['target'] {
  if (!isResource) return [path]
  return [apiGroup, subresource === '' ? resource : `${resource}/${subresource}`]
}

/** First the verbs of a client on one target, then its targets with the same verbs, then clients that do the same. */
function merged(groups: readonly Group[]): readonly (readonly Group[])[] {
  const kindOf = ({ who, target }: Group): string =>
    (who.users === undefined ? 'g' : 'u') + target.length
  const verbsOf = (members: readonly Group[]): readonly string[] =>
    members.map(({ verb }) => verb).sort()
  const byTarget = groupsBy(groups, ({ who, target }) => [who, target])
  const byVerbs = groupsBy(byTarget, (members) => [
    members[0]!.who,
    kindOf(members[0]!),
    verbsOf(members),
  ]).map((targets) => targets.flat())
  return groupsBy(byVerbs, (members) => [
    kindOf(members[0]!),
    members.map(({ verb, target }) => JSON.stringify([verb, target])).sort(),
  ]).map((clients) => clients.flat())
}

function groupsBy<T>(items: readonly T[], keyOf: (item: T) => unknown): T[][] {
  return [...Map.groupBy(items, (item) => JSON.stringify(keyOf(item))).values()]
}

function ruleOf(members: readonly Group[]): AuditPolicyRule {
  const verbs = [...new Set(members.map(({ verb }) => verb))].sort()
  const paths = new Set<string>()
  const resources = new Map<string, Set<string>>()
  for (const { target } of members) {
    const [group, resource] = target
    if (resource === undefined) paths.add(group)
    else resources.set(group, (resources.get(group) ?? new Set()).add(resource))
  }
  const asked =
    paths.size > 0
      ? { nonResourceURLs: [...paths].sort() }
      : {
          resources: [...resources]
            .toSorted(([a], [b]) => a.localeCompare(b))
            .map(([group, texts]) => ({ group, resources: [...texts].sort(), resourceNames: [] })),
        }
  const users = [...new Set(members.flatMap(({ who }) => who.users ?? []))].sort()
  const who = users.length === 0 ? { userGroups: ['system:nodes'] } : { users }
  return auditPolicyRule({ level: 'None', ...who, verbs, ...asked })
}

/** Tells which rules a part of the traffic matters to. */
function judgeOf(rules: readonly EventRule[]): (rule: AuditPolicyRule) => {
  readonly isNeeded: boolean
  readonly costs: readonly string[]
} {
  const needs = rules.flatMap((rule) =>
    needsOf(rule).flatMap(({ boxes }) =>
      boxes.map((box) => ({ name: rule.name ?? rule.title, box })),
    ),
  )
  return (rule) => {
    const own = boxesOfAuditRule(rule)
    const met = needs.filter(({ box }) =>
      own.some((part) => intersectBoxes(part, box) !== undefined),
    )
    const costs = new Set(met.filter(({ box }) => isAboutAnything(box)).map(({ name }) => name))
    return { isNeeded: met.some(({ box }) => !isAboutAnything(box)), costs: [...costs].sort() }
  }
}

/** The rule is about whatever resource, as those on clients and on webhooks are: other requests show it as well. */
function isAboutAnything({ traits }: RequestBox): boolean {
  return (
    traits.resource.include.some(({ isPrefix, text }) => isPrefix || text === '') &&
    !isLimited(traits.subresource) &&
    (isAnyText(traits.path) || !isLimited(traits.path))
  )
}

function isLimited({ include }: RequestBox['traits']['verb']): boolean {
  return !include.some(({ text }) => text === '')
}
