import { formatTimeUs } from '../../util/time.ts'
import type { ClusterRoleBinding, RoleBinding } from '../objects.ts'
import type { ObservedAccess } from '../observe/access.ts'
import type { ObservationWindow } from '../observe/window.ts'
import { ruleOf } from '../suggest/manifest.ts'
import type { SuggestSubject } from '../suggest/subject.ts'
import type { SubjectDiff } from './diff.ts'
import type { Excess } from './excess.ts'
import type { GrantUse } from './grant-use.ts'
import type { RuleUse } from './rule-use.ts'

const dayUs = 86_400_000_000

/** What one subject's diff says, one record for each thing: grants, then what differs otherwise, then the sum. */
export function diffRecords(
  diff: SubjectDiff,
  window: ObservationWindow | undefined,
): readonly object[] {
  const subject = subjectRecord(diff.subject)
  const { requests, byOthers, confidence, warnings } = diff
  const watched = watchedRecord(window)
  return [
    ...diff.grants.map((grant) => ({ kind: 'grant', subject, ...grantRecord(grant), watched })),
    ...diff.unresolved.map(({ binding, error }) => ({
      kind: 'danglingGrant',
      subject,
      binding: bindingRecord(binding),
      role: roleRecord(binding),
      error,
    })),
    ...diff.refusedNow.map((access) => ({
      kind: 'refusedNow',
      subject,
      ...accessRecord(access),
      reasons: access.reasons,
    })),
    ...diff.wanted.map(({ access, isAllowedNow }) => ({
      kind: 'wanted',
      subject,
      ...accessRecord(access),
      isAllowedNow,
    })),
    {
      kind: 'subject',
      subject,
      requests,
      allowedByOthers: byOthers,
      excess: excessRecord(diff.excess),
      watched,
      confidence,
      warnings,
    },
  ]
}

function grantRecord({ held, status, requests, broader, rules, ...times }: GrantUse): object {
  const { grant, through } = held
  return {
    binding: bindingRecord(grant.binding),
    role: roleRecord(grant.binding),
    through,
    by: { kind: grant.subject.kind, name: grant.subject.name },
    status,
    requests,
    ...timesRecord(times),
    broader,
    rules: rules.map(ruleRecord),
  }
}

function ruleRecord({ rule, index, firstSeenUs, lastSeenUs, ...use }: RuleUse): object {
  return { index, rule: ruleOf(rule), ...use, ...timesRecord({ firstSeenUs, lastSeenUs }) }
}

export function bindingRecord(binding: RoleBinding | ClusterRoleBinding): object {
  const { kind, name } = binding
  return kind === 'RoleBinding' ? { kind, name, namespace: binding.namespace } : { kind, name }
}

export function roleRecord({ roleRef }: RoleBinding | ClusterRoleBinding): object {
  return { kind: roleRef.kind, name: roleRef.name }
}

/** A service account as bindings name it. */
export function subjectRecord({ kind, name }: SuggestSubject): object {
  const [, , namespace, account] = kind === 'ServiceAccount' ? name.split(':') : []
  return account === undefined ? { kind, name } : { kind, name: account, namespace }
}

export function accessRecord(access: ObservedAccess): object {
  const { verb, isResource, path, apiGroup, resource, subresource, namespace, name } = access
  const { requests, samples, firstSeenUs, lastSeenUs } = access
  const request = isResource
    ? { verb, apiGroup, resource, subresource, namespace, name }
    : { verb, path }
  return { request, requests, ...timesRecord({ firstSeenUs, lastSeenUs }), samples }
}

export function timesRecord(times: {
  readonly firstSeenUs: number | undefined
  readonly lastSeenUs: number | undefined
}): { readonly firstSeen: string | null; readonly lastSeen: string | null } {
  return { firstSeen: timeRecord(times.firstSeenUs), lastSeen: timeRecord(times.lastSeenUs) }
}

function timeRecord(timeUs: number | undefined): string | null {
  return timeUs === undefined || timeUs <= 0 ? null : formatTimeUs(timeUs)
}

export function excessRecord({ score, ...counts }: Excess): object {
  return { ...counts, score: Math.round(score * 1000) / 1000 }
}

/** When the cluster was watched; null if never. */
export function watchedRecord(window: ObservationWindow | undefined): object | null {
  const { firstUs, lastUs } = window?.toValue() ?? { firstUs: null, lastUs: null }
  if (window === undefined || firstUs === null || lastUs === null) return null
  const days = Math.round((window.lengthUs / dayUs) * 1000) / 1000
  return { from: formatTimeUs(firstUs), to: formatTimeUs(lastUs), days, gaps: window.gaps().length }
}
