import type { ClusterRoleBinding, RbacObjects, RoleBinding } from './objects.ts'

/** A binding whose role is not there. */
export interface DanglingBinding {
  readonly binding: RoleBinding | ClusterRoleBinding
  /** `Role shop/web`, `ClusterRole view`. */
  readonly missing: string
}

/** The bindings that refer to a Role or ClusterRole that is not among the objects. */
export function danglingBindings(objects: RbacObjects): readonly DanglingBinding[] {
  const roles = new Set([
    ...objects.roles.map(({ namespace, name }) => `Role ${namespace}/${name}`),
    ...objects.clusterRoles.map(({ name }) => `ClusterRole ${name}`),
  ])
  return [...objects.clusterRoleBindings, ...objects.roleBindings].flatMap((binding) => {
    const { kind, name } = binding.roleRef
    const namespace = binding.kind === 'RoleBinding' ? binding.namespace : ''
    const role = kind === 'Role' ? `Role ${namespace}/${name}` : `${kind} ${name}`
    const isRole = kind === 'Role' || kind === 'ClusterRole'
    return !isRole || roles.has(role) ? [] : [{ binding, missing: role }]
  })
}
