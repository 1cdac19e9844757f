/**
 * The objects of `rbac.authorization.k8s.io/v1` as the authorizer sees them: what is absent or null is empty
 * (k8s.io/api `rbac/v1/types.go`).
 */
export interface RbacObjects {
  readonly roles: readonly Role[]
  readonly clusterRoles: readonly ClusterRole[]
  readonly roleBindings: readonly RoleBinding[]
  readonly clusterRoleBindings: readonly ClusterRoleBinding[]
}

/** What is allowed; Kubernetes calls it `PolicyRule`, as it does another thing. */
export interface RbacRule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  /** Empty = every name. */
  readonly resourceNames: readonly string[]
  readonly nonResourceURLs: readonly string[]
}

export interface RbacObjectMeta {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface Role extends RbacObjectMeta {
  readonly kind: 'Role'
  readonly namespace: string
  readonly rules: readonly RbacRule[]
}

export interface ClusterRole extends RbacObjectMeta {
  readonly kind: 'ClusterRole'
  readonly rules: readonly RbacRule[]
  /** A controller of the cluster fills `rules` from the ClusterRoles that any of these selects. */
  readonly aggregationRule?: { readonly clusterRoleSelectors: readonly LabelSelector[] }
}

export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>
  readonly matchExpressions: readonly {
    readonly key: string
    readonly operator: string
    readonly values: readonly string[]
  }[]
}

export interface RoleBinding extends RbacObjectMeta {
  readonly kind: 'RoleBinding'
  readonly namespace: string
  readonly roleRef: RoleRef
  readonly subjects: readonly Subject[]
}

export interface ClusterRoleBinding extends RbacObjectMeta {
  readonly kind: 'ClusterRoleBinding'
  readonly roleRef: RoleRef
  readonly subjects: readonly Subject[]
}

export interface RoleRef {
  readonly apiGroup: string
  /** `Role` or `ClusterRole`; another one is kept, and resolves to nothing. */
  readonly kind: string
  readonly name: string
}

export interface Subject {
  /** `User`, `Group` or `ServiceAccount`; another one is kept, and is nobody. */
  readonly kind: string
  /** The authorizer does not look at it. */
  readonly apiGroup: string
  readonly name: string
  /** Of a service account; empty in a RoleBinding = the binding's own. */
  readonly namespace: string
}

export const rbacApiGroup = 'rbac.authorization.k8s.io'
export const rbacKinds = ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'] as const
export type RbacKind = (typeof rbacKinds)[number]
export type RbacObject = Role | ClusterRole | RoleBinding | ClusterRoleBinding

/** `Role shop/web`, `ClusterRole view`. */
export function nameOfObject(object: RbacObject): string {
  return `${object.kind} ${'namespace' in object ? `${object.namespace}/` : ''}${object.name}`
}
