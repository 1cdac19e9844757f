/** How much of a request is recorded (`level` of an audit policy rule). `None` records nothing. */
export const auditLevels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type AuditLevel = (typeof auditLevels)[number]

/** In the order in which a request passes them. */
export const auditStages = [
  'RequestReceived',
  'ResponseStarted',
  'ResponseComplete',
  'Panic',
] as const
export type AuditStage = (typeof auditStages)[number]

/** `GroupResources` of `audit.k8s.io/v1`. An empty list restricts nothing. */
export interface AuditGroupResources {
  /** Empty = the core group; `*` = every group (since Kubernetes 1.36). */
  readonly group: string
  readonly resources: readonly string[]
  readonly resourceNames: readonly string[]
}

/** `PolicyRule` of `audit.k8s.io/v1`. An empty list restricts nothing. */
export interface AuditPolicyRule {
  readonly level: AuditLevel
  readonly users: readonly string[]
  readonly userGroups: readonly string[]
  readonly verbs: readonly string[]
  readonly resources: readonly AuditGroupResources[]
  readonly namespaces: readonly string[]
  readonly nonResourceURLs: readonly string[]
  /** Omitted in addition to those of the audit policy. */
  readonly omitStages: readonly AuditStage[]
  /** Absent = as the audit policy says. */
  readonly omitManagedFields?: boolean
}

/** A rule that restricts nothing but what is said. */
export function auditPolicyRule(
  said: Pick<AuditPolicyRule, 'level'> & Partial<AuditPolicyRule>,
): AuditPolicyRule {
  return {
    users: [],
    userGroups: [],
    verbs: [],
    resources: [],
    namespaces: [],
    nonResourceURLs: [],
    omitStages: [],
    ...said,
  }
}

/** A loaded and valid `Policy` of `audit.k8s.io/v1`: at least one rule. */
export interface AuditPolicy {
  readonly rules: readonly AuditPolicyRule[]
  readonly omitStages: readonly AuditStage[]
  readonly omitManagedFields: boolean
}

/** What an audit policy looks at in a request. Absent is the empty text. */
export interface AuditRequest {
  /** The authenticated user, before impersonation; undefined = authentication failed. */
  readonly user: { readonly name: string; readonly groups: readonly string[] } | undefined
  readonly verb: string
  readonly isResource: boolean
  readonly apiGroup: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  /** From the URL or a `metadata.name` field selector, never from a body. */
  readonly name: string
  /** Without the query; only looked at when `isResource` is false. */
  readonly path: string
}

/** What the API server does with a request. */
export interface AuditDecision {
  readonly level: AuditLevel
  /** The union of the audit policy's and the rule's, in the order of the pipeline. */
  readonly omitStages: readonly AuditStage[]
  readonly omitManagedFields: boolean
  /** The number of the rule that decided; null when none matches. */
  readonly rule: number | null
}
