import { apiResources } from '../audit/api-resources.ts'

/** Those that some release from 1.29 to 1.37 has in alpha or beta, those removed since, and those in a second group. */
const lesserByGroup: Readonly<Record<string, string>> = {
  'events.k8s.io': 'events',
  'internal.apiserver.k8s.io': 'storageversions',
  'networking.k8s.io': 'clustercidrs',
  'resource.k8s.io':
    'devicetaintrules podschedulingcontexts resourceclaimparameters resourceclasses resourceclassparameters resourcepoolstatusrequests',
  'scheduling.k8s.io': 'podgroups workloads',
  'storagemigration.k8s.io': 'storageversionmigrations',
}

const lesser: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(lesserByGroup).map(([group, resources]) => [group, resources.split(' ')] as const),
)

const plainResources = apiResources.filter(({ resource }) => !resource.includes('/'))

/** The group of the resources of Kubernetes itself: a rule that names one of them without its group means that one. */
const groups: ReadonlyMap<string, string> = new Map(
  plainResources
    .filter(({ apiGroup, resource }) => !lesser.get(apiGroup)?.includes(resource))
    .map(({ apiGroup, resource }) => [resource, apiGroup] as const),
)

/** The resources of each group of Kubernetes itself whose resources are all known. */
export const builtInResources: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...Map.groupBy(plainResources, ({ apiGroup }) => apiGroup)].map(([group, resources]) => [
    group,
    new Set([...resources.map(({ resource }) => resource), ...(lesser.get(group) ?? [])]),
  ]),
)

/** The group of a resource of Kubernetes, or undefined for others. */
export function builtInGroupOf(resource: string): string | undefined {
  return groups.get(resource)
}

/** All groups of Kubernetes that have the resource, the usual one first; empty for other resources. */
export function builtInGroupsOf(resource: string): readonly string[] {
  const usual = groups.get(resource)
  const others = [...lesser].flatMap(([group, resources]) =>
    resources.includes(resource) ? [group] : [],
  )
  return usual === undefined ? others : [usual, ...others]
}

/** `[group, resource, subresource]` whose bodies hold live credentials, `*` = any subresource. */
export const secretBearing: readonly (readonly [string, string, string])[] = [
  ['', 'secrets', '*'],
  ['', 'configmaps', '*'],
  ['', 'serviceaccounts', 'token'],
  ['authentication.k8s.io', 'tokenreviews', '*'],
]
