import type { ClusterRole, ClusterRoleBinding, RbacObjects } from '../objects.ts'
import { rbacApiGroup } from '../objects.ts'

const healthPaths = ['/livez', '/readyz', '/healthz', '/version', '/version/']

/** The roles that every cluster has for everybody, of those that only tell what there is (bootstrappolicy, 1.36). */
export const discoveryRoles: RbacObjects = {
  roles: [],
  roleBindings: [],
  clusterRoles: [
    role('system:discovery', [
      ...healthPaths,
      '/openapi',
      '/openapi/*',
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
    ]),
    role('system:public-info-viewer', healthPaths),
  ],
  clusterRoleBindings: [
    binding('system:discovery', ['system:authenticated']),
    binding('system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
  ],
}

function role(name: string, nonResourceURLs: readonly string[]): ClusterRole {
  const rule = { verbs: ['get'], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs }
  return { kind: 'ClusterRole', name, labels: {}, annotations: {}, rules: [rule] }
}

function binding(name: string, groups: readonly string[]): ClusterRoleBinding {
  return {
    kind: 'ClusterRoleBinding',
    name,
    labels: {},
    annotations: {},
    roleRef: { apiGroup: rbacApiGroup, kind: 'ClusterRole', name },
    subjects: groups.map((group) => ({
      kind: 'Group',
      apiGroup: rbacApiGroup,
      name: group,
      namespace: '',
    })),
  }
}
