import { goQuoted, goUnquoted } from './go-quoted.ts'

/** The binding and role that an API server says it allowed a request by. */
export interface NamedGrant {
  readonly binding: {
    readonly kind: 'ClusterRoleBinding' | 'RoleBinding'
    readonly name: string
    /** Of a RoleBinding. */
    readonly namespace?: string
  }
  readonly role: { readonly kind: 'ClusterRole' | 'Role'; readonly name: string }
  readonly subject: {
    readonly kind: 'User' | 'Group' | 'ServiceAccount'
    readonly name: string
    /** Of a service account. */
    readonly namespace?: string
  }
}

const reason = new RegExp(
  `^RBAC: allowed by (ClusterRoleBinding|RoleBinding) ${goQuoted} of (ClusterRole|Role) ${goQuoted} to (User|Group|ServiceAccount) ${goQuoted}$`,
)

/**
 * Reads the annotation `authorization.k8s.io/reason`, as `pkg/registry/rbac/validation/rule.go` writes it; undefined for
 * what names no grant: members of `system:masters`, the node authorizer, webhooks. A RoleBinding is printed
 * `"name/namespace"`, and so is a service account, whose name stands first, too.
 */
export function parseGrant(text: string): NamedGrant | undefined {
  const found = reason.exec(text)
  if (found === null) return undefined
  const [, bindingKind, binding = '', roleKind, role = '', subjectKind, subject = ''] = found
  return {
    // The expression holds no other kinds.
    binding: {
      kind: bindingKind as NamedGrant['binding']['kind'],
      ...(bindingKind === 'RoleBinding' ? namespaced(binding) : { name: goUnquoted(binding) }),
    },
    role: { kind: roleKind as NamedGrant['role']['kind'], name: goUnquoted(role) },
    subject: {
      kind: subjectKind as NamedGrant['subject']['kind'],
      ...(subjectKind === 'ServiceAccount' ? namespaced(subject) : { name: goUnquoted(subject) }),
    },
  }
}

function namespaced(text: string): { name: string; namespace: string } {
  const plain = goUnquoted(text)
  const slash = plain.lastIndexOf('/')
  return { name: plain.slice(0, slash), namespace: plain.slice(slash + 1) }
}
