import { type Broader, broaderScope } from './broader.ts'
import { leastOf, mostOf, type RuleUse, ruleUseOf, statusOf, type UseStatus } from './rule-use.ts'
import type { HeldGrant } from './subject-use.ts'

/** What a binding was good for: to one subject, or to all of its subjects together. */
export interface GrantUse {
  readonly held: HeldGrant
  readonly status: UseStatus
  /** Distinct requests that it allows, each as often as it was made. */
  readonly requests: number
  readonly firstSeenUs: number | undefined
  readonly lastSeenUs: number | undefined
  /** A ClusterRoleBinding where RoleBindings would do. */
  readonly broader: readonly Broader[]
  readonly rules: readonly RuleUse[]
}

export function grantUseOf(held: HeldGrant): GrantUse {
  const rules = held.grant.rules.map((rule, index) =>
    ruleUseOf(rule, index, held.served[index] ?? []),
  )
  const all = held.served.flat()
  const accesses = [...new Set(all.map(({ access }) => access))]
  const broader = held.grant.binding.kind === 'ClusterRoleBinding' ? broaderScope(all) : []
  const unusedRules = rules.filter(({ status }) => status === 'unused' || status === 'partly')
  return {
    held,
    status: statusOf(all, [broader, unusedRules], ({ grants }) => grants),
    requests: accesses.reduce((sum, { requests }) => sum + requests, 0),
    firstSeenUs: leastOf(accesses.map(({ firstSeenUs }) => firstSeenUs)),
    lastSeenUs: mostOf(accesses.map(({ lastSeenUs }) => lastSeenUs)),
    broader,
    rules,
  }
}
