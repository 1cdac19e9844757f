import { apiResources } from '../../audit/api-resources.ts'
import type { RbacObjects, RbacRule } from '../objects.ts'
import type { AccessRequest, ObservedAccess } from '../observe/access.ts'

/** One thing that can be asked of a cluster, whatever the name and namespace. */
export type Capability = AccessRequest

/** Verbs that no discovery document names, on what they are asked of. */
const specialVerbs: readonly (readonly [apiGroup: string, resource: string, verbs: string])[] = [
  ['', 'users', 'impersonate'],
  ['', 'groups', 'impersonate'],
  ['', 'serviceaccounts', 'impersonate'],
  ['authentication.k8s.io', 'uids', 'impersonate'],
  ['authentication.k8s.io', 'userextras', 'impersonate'],
  ['rbac.authorization.k8s.io', 'roles', 'bind escalate'],
  ['rbac.authorization.k8s.io', 'clusterroles', 'bind escalate'],
  ['certificates.k8s.io', 'signers', 'approve attest sign'],
]
const kubeletApi = 'configz healthz log metrics pods stats'
const paths = '/ /api /apis /healthz /livez /logs /metrics /openapi/v2 /openapi/v3 /readyz /version'

/**
 * The known resources of a cluster with their verbs: those of Kubernetes itself, those that roles name, and those that were asked
 * for with success. In a stable order.
 */
export function capabilitiesOf(
  objects: RbacObjects,
  accesses: readonly ObservedAccess[],
): readonly Capability[] {
  const found = new Map<string, Capability>()
  const add = (capability: Capability): void => {
    found.set(keyOfCapability(capability), capability)
  }
  for (const { apiGroup, resource, verbs } of apiResources)
    for (const verb of verbs) add(onResource(apiGroup, resource, verb))
  for (const [apiGroup, resource, verbs] of specialVerbs)
    for (const verb of verbs.split(' ')) add(onResource(apiGroup, resource, verb))
  for (const subresource of kubeletApi.split(' '))
    add(onResource('', `nodes/${subresource}`, 'get'))
  for (const path of paths.split(' ')) add(onPath(path, 'get'))
  for (const { rules } of [...objects.clusterRoles, ...objects.roles])
    for (const rule of rules) for (const capability of namedBy(rule)) add(capability)
  for (const access of accesses)
    if (access.outcome === 'used') add({ ...access, namespace: '', name: '' })
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, capability]) => capability)
}

export function keyOfCapability(request: Omit<AccessRequest, 'namespace' | 'name'>): string {
  const { isResource, path, apiGroup, resource, subresource, verb } = request
  return isResource ? `${apiGroup}/${resource}/${subresource} ${verb}` : `path ${path} ${verb}`
}

/** Custom resources that a role names; without wildcards. */
function namedBy({ verbs, apiGroups, resources }: RbacRule): Capability[] {
  const plain = (texts: readonly string[]): readonly string[] =>
    texts.filter((text) => !text.includes('*'))
  return plain(apiGroups).flatMap((apiGroup) =>
    plain(resources).flatMap((resource) =>
      plain(verbs).map((verb) => onResource(apiGroup, resource, verb)),
    ),
  )
}

function onResource(apiGroup: string, text: string, verb: string): Capability {
  const [resource = '', subresource = ''] = text.split('/', 2)
  return {
    verb,
    isResource: true,
    apiGroup,
    resource,
    subresource,
    namespace: '',
    name: '',
    path: '',
  }
}

function onPath(path: string, verb: string): Capability {
  const none = { apiGroup: '', resource: '', subresource: '', namespace: '', name: '' }
  return { verb, isResource: false, path, ...none }
}
