import type { AuditPolicy, AuditPolicyRule } from '../../audit/policy/types.ts'
import { boxesOfAuditRule } from '../policy-boxes.ts'
import { everyRequest, intersectBoxes, type RequestBox, uncoveredPart } from '../request-box.ts'

/** A rule that decides some of the requests asked about. */
export interface Deciding {
  /** Its number; null = no rule matches, and nothing is recorded. */
  readonly index: number | null
  readonly level: AuditPolicyRule['level']
  /** Those that were asked about, of which some are left to it. */
  readonly about: readonly RequestBox[]
}

/** Which rules decide the requests of the boxes, in the order of the audit policy. */
export function rulesDeciding(
  { rules }: AuditPolicy,
  asked: readonly RequestBox[],
): readonly Deciding[] {
  const before: RequestBox[] = []
  const take = (index: number | null, level: Deciding['level'], boxes: readonly RequestBox[]) => {
    const about = asked.filter((box) => boxes.some((one) => isLeft(box, one, before)))
    before.push(...boxes)
    return about.length === 0 ? [] : [{ index, level, about }]
  }
  return [
    ...rules.flatMap((rule, i) => take(i, rule.level, touching(rule, asked))),
    ...take(null, 'None', everything),
  ]
}

const everything = [true, false].flatMap((isAuthenticated) =>
  [true, false].map((isResource) => everyRequest(isAuthenticated, isResource)),
)

function touching(rule: AuditPolicyRule, asked: readonly RequestBox[]): readonly RequestBox[] {
  return boxesOfAuditRule(rule).filter((box) =>
    asked.some((one) => intersectBoxes(box, one) !== undefined),
  )
}

function isLeft(box: RequestBox, ofRule: RequestBox, before: readonly RequestBox[]): boolean {
  const both = intersectBoxes(box, ofRule)
  return both !== undefined && uncoveredPart(both, before) !== undefined
}
