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

const quoted = '("(?:[^"\\\\]|\\\\.)*")'
const reason = new RegExp(
  `^RBAC: allowed by (ClusterRoleBinding|RoleBinding) ${quoted} of (ClusterRole|Role) ${quoted} to (User|Group|ServiceAccount) ${quoted}$`,
)

/**
 * Reads the annotation `authorization.k8s.io/reason`, as `pkg/registry/rbac/validation/rule.go` writes it; undefined for
 * what names no grant: members of `system:masters`, the node authorizer, webhooks. A RoleBinding is printed
 * `"name/namespace"`, and so is a service account, whose name stands first, too.
 */
export function parseGrant(text: string): NamedGrant | undefined {
  const found = reason.exec(text)
  if (found === null) return undefined
  const [, bindingKind, binding, roleKind, role, subjectKind, subject] = found
  return {
    // The expression holds no other kinds.
    binding: {
      kind: bindingKind as NamedGrant['binding']['kind'],
      ...(bindingKind === 'RoleBinding' ? namespaced(binding) : { name: unquoted(binding) }),
    },
    role: { kind: roleKind as NamedGrant['role']['kind'], name: unquoted(role) },
    subject: {
      kind: subjectKind as NamedGrant['subject']['kind'],
      ...(subjectKind === 'ServiceAccount' ? namespaced(subject) : { name: unquoted(subject) }),
    },
  }
}

function namespaced(text: string | undefined): { name: string; namespace: string } {
  const plain = unquoted(text)
  const slash = plain.lastIndexOf('/')
  return { name: plain.slice(0, slash), namespace: plain.slice(slash + 1) }
}

/** What Go's `%q` quotes; escapes that JSON lacks (`\x00`, `\a`) stand for characters that no object's name has. */
function unquoted(text = '""'): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text.slice(1, -1)
  }
}
