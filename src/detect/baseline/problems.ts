import type { Problem, Rule } from '../../contracts.ts'
import { readBaseline } from '../../sigma/baseline.ts'

/** What is wrong with the baseline of a rule: errors, at the key as far as its place is known. */
export function baselineProblems(rule: Rule): readonly Problem[] {
  const place = rule.keyLocations['kubewitness.baseline'] ?? rule.location
  return readBaseline(rule).problems.map((message) => ({
    ...place,
    severity: 'error',
    code: 'rule.baseline',
    message,
  }))
}
