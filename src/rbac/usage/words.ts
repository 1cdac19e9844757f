import { formatTimeUs } from '../../util/time.ts'
import type { UnresolvedGrant } from '../authorize.ts'
import type { ClusterRoleBinding, RoleBinding } from '../objects.ts'
import type { Broader } from './broader.ts'
import type { Excess } from './excess.ts'
import type { GrantUse } from './grant-use.ts'
import type { RuleUse } from './rule-use.ts'

/** `RoleBinding shop/deploy of Role deployer, by Group dev`. */
export function grantUseText(use: GrantUse | UnresolvedGrant): string {
  const { binding, subject } = 'held' in use ? use.held.grant : use
  const by = subject.kind === 'Group' ? `, by Group ${subject.name}` : ''
  return `${bindingText(binding)} of ${binding.roleRef.kind} ${binding.roleRef.name}${by}`
}

export function bindingText(binding: RoleBinding | ClusterRoleBinding): string {
  const place = binding.kind === 'RoleBinding' ? `${binding.namespace}/` : ''
  return `${binding.kind} ${place}${binding.name}`
}

/** To the second; a dash if never. */
export function lastSeenText(timeUs: number | undefined): string {
  return timeUs === undefined || timeUs <= 0 ? '-' : `${formatTimeUs(timeUs).slice(0, 19)}Z`
}

/** `97 %`. Never 100 while something is used, nor 0 while something is not. */
export function scoreText({ granted, used, excess }: Excess): string {
  if (granted === 0) return '-'
  const percent = Math.round((excess / granted) * 100)
  return `${Math.min(used > 0 ? 99 : 100, Math.max(excess > 0 ? 1 : 0, percent))} %`
}

/** What could go, rule by rule; empty if nothing could. */
export function unusedText({ status, broader, rules }: GrantUse): string {
  if (status === 'unused') return 'all of it'
  if (status === 'redundant') return 'all of it: other grants allow the same'
  return [...broader.map(broaderText), ...rules.flatMap(ruleText)].join('; ')
}

function ruleText(rule: RuleUse): string[] {
  const place = `rules[${rule.index}]`
  if (rule.status === 'used') return []
  if (rule.status === 'unused')
    return [`${place}: unused${rule.unseen.length > 0 ? ' as far as events tell' : ''}`]
  if (rule.status === 'redundant') return [`${place}: other rules allow the same`]
  const unused = [
    ...rule.unusedVerbs,
    ...rule.unusedApiGroups.map((group) => (group === '' ? 'the core group' : group)),
    ...rule.unusedResources,
    ...rule.unusedNames.map((name) => JSON.stringify(name)),
    ...rule.unusedPairs,
  ]
  return [
    ...(unused.length === 0 ? [] : [`${place}: no ${unused.join(', ')}`]),
    ...rule.broader.map((part) => `${place}: ${broaderText(part)}`),
  ]
}

/** `verbs *, used get, list`. */
export function broaderText({ part, granted, used }: Broader): string {
  const what = part === 'names' || part === 'namespaces' ? granted : `${part} ${granted}`
  return `${what}, used ${used.map((text) => (text === '' ? '""' : text)).join(', ')}`
}
