import type { EventRule, Logsource, Problem, Rule, RuleMetadata } from '../contracts.ts'

/** True for rules about Kubernetes audit events: a logsource that asks for nothing else. */
export function isAuditLogsource({ product, service, category }: Logsource): boolean {
  return (
    product === 'kubernetes' &&
    (service === undefined || service === 'audit') &&
    (category === undefined || category === 'application')
  )
}

/** The rules that are evaluated on audit events. */
export function auditRules(rules: readonly Rule[]): readonly EventRule[] {
  return rules
    .filter((rule) => rule.kind === 'event')
    .filter(({ logsource }) => isAuditLogsource(logsource))
}

/** The warning about a rule that is loaded but never evaluated, or undefined. */
export function logsourceProblem({ logsource, location }: RuleMetadata): Problem | undefined {
  if (isAuditLogsource(logsource)) return undefined
  const named = Object.entries(logsource).map(([key, value]) => `${key} ${value}`)
  return {
    ...location,
    severity: 'warning',
    code: 'logsource.other',
    message: `this rule is about ${named.join(', ')} and is not evaluated; ours have product kubernetes, service audit`,
  }
}
