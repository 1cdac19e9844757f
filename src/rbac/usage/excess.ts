import type { RbacRule } from '../objects.ts'
import { ruleAllowsSomeName } from '../rule-allows.ts'
import { type Danger, dangersOf } from '../suggest/dangers.ts'
import type { SubjectUse } from './subject-use.ts'
import { type Capability, keyOfCapability } from './universe.ts'

/** Granted minus used, counted in verbs on known resources and paths of the cluster, whatever the name and namespace. */
export interface Excess {
  readonly granted: number
  /** Of them, what was used. */
  readonly used: number
  /** granted − used */
  readonly excess: number
  /** excess / granted, 0 to 1; 0 when nothing is granted. */
  readonly score: number
  /** Why the unused ones are dangerous. */
  readonly dangers: readonly Danger[]
}

/** Counts for one cluster; what a role allows is looked up once, whoever holds it. */
export function excessCounter(capabilities: readonly Capability[]): (use: SubjectUse) => Excess {
  const byRules = new Map<readonly RbacRule[], readonly Capability[]>()
  const allowedBy = (rules: readonly RbacRule[]): readonly Capability[] => {
    const known = byRules.get(rules)
    if (known !== undefined) return known
    const found = capabilities.filter((one) => rules.some((rule) => ruleAllowsSomeName(rule, one)))
    byRules.set(rules, found)
    return found
  }
  return ({ grants, isPrivileged, used }) => {
    const own = grants.filter(({ through }) => through !== 'everybody')
    const granted = new Set(
      isPrivileged ? capabilities : own.flatMap(({ grant }) => allowedBy(grant.rules)),
    )
    const done = new Set([
      ...(isPrivileged ? used : []).map(keyOfCapability),
      ...own.flatMap(({ served }) => served.flat()).map(({ request }) => keyOfCapability(request)),
    ])
    const unused = [...granted].filter((one) => !done.has(keyOfCapability(one)))
    const excess = unused.length
    return {
      granted: granted.size,
      used: granted.size - excess,
      excess,
      score: granted.size === 0 ? 0 : excess / granted.size,
      dangers: dangersOf(unused),
    }
  }
}
