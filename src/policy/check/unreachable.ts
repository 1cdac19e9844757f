import type { AuditPolicy } from '../../audit/policy/types.ts'
import { intersectBoxes, type RequestBox, uncoveredPart } from '../request-box.ts'
import type { CheckedPolicy, Finding } from './finding.ts'
import { literalBoxesOf } from './literal-boxes.ts'

/** Rules that decide nothing: without one of them the audit policy gives the same answers. */
export function findUnreachableRules({ policy }: CheckedPolicy): readonly Finding[] {
  return unreachableRules(policy).map(({ rule, shadowedBy }) => ({
    code: 'policy.unreachable',
    field: `rules[${rule}]`,
    message:
      shadowedBy.length === 0
        ? 'matches no request at all; correct or remove it'
        : `is never reached: all that it matches meets ${shadowedBy.map((i) => `rules[${i}]`).join(' or ')} before; remove it, or move it up`,
  }))
}

export interface UnreachableRule {
  readonly rule: number
  /** The earlier rules that take its requests; none of them can be left out. */
  readonly shadowedBy: readonly number[]
}

/** Sound, not complete: what is named is never reached, but a rule that only a long search would show is not named. */
export function unreachableRules({ rules }: AuditPolicy): readonly UnreachableRule[] {
  const found: UnreachableRule[] = []
  const earlier: { readonly rule: number; readonly boxes: readonly RequestBox[] }[] = []
  for (const [rule, auditRule] of rules.entries()) {
    const boxes = literalBoxesOf(auditRule)
    const rivals = earlier.filter((one) => boxes.some((box) => meets(box, one.boxes)))
    const isCovered = (by: typeof rivals): boolean => {
      const covers = by.flatMap((one) => one.boxes)
      return boxes.every((box) => uncoveredPart(box, covers) === undefined)
    }
    if (!isCovered(rivals)) {
      earlier.push({ rule, boxes })
      continue
    }
    let needed = rivals
    for (const one of rivals) {
      const others = needed.filter((other) => other !== one)
      if (isCovered(others)) needed = others
    }
    found.push({ rule, shadowedBy: needed.map((one) => one.rule) })
  }
  return found
}

function meets(box: RequestBox, others: readonly RequestBox[]): boolean {
  return others.some((other) => intersectBoxes(box, other) !== undefined)
}
