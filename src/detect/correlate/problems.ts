import type { Problem, Rule } from '../../contracts.ts'
import { planProblems } from './plan.ts'

/** Why a correlation that can be read cannot be evaluated: errors, each at the key that it is about as far as that is known. */
export function correlationProblems(rule: Rule): readonly Problem[] {
  if (rule.kind !== 'correlation') return []
  const { keyLocations, location } = rule
  return planProblems(rule).map((message) => {
    const key = /^`(kubewitness\.\w+)`/.exec(message)?.[1] ?? 'correlation.condition'
    const place = keyLocations[key] ?? location
    const code = key === 'correlation.condition' ? key : 'correlation.custom'
    return { ...place, severity: 'error', code, message }
  })
}
