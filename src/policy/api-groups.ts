/**
 * The group of the resources of Kubernetes itself: a rule that names one of them without its group means that one.
 * Source: the API reference of Kubernetes 1.36.
 */
const resourcesByGroup: Readonly<Record<string, string>> = {
  '': 'bindings componentstatuses configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims persistentvolumes pods podtemplates replicationcontrollers resourcequotas secrets serviceaccounts services',
  apps: 'controllerrevisions daemonsets deployments replicasets statefulsets',
  batch: 'cronjobs jobs',
  autoscaling: 'horizontalpodautoscalers',
  policy: 'poddisruptionbudgets',
  'admissionregistration.k8s.io':
    'mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations',
  'apiextensions.k8s.io': 'customresourcedefinitions',
  'apiregistration.k8s.io': 'apiservices',
  'authentication.k8s.io': 'selfsubjectreviews tokenreviews',
  'authorization.k8s.io':
    'localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews',
  'certificates.k8s.io': 'certificatesigningrequests clustertrustbundles podcertificaterequests',
  'coordination.k8s.io': 'leases leasecandidates',
  'discovery.k8s.io': 'endpointslices',
  'flowcontrol.apiserver.k8s.io': 'flowschemas prioritylevelconfigurations',
  'networking.k8s.io': 'ingressclasses ingresses ipaddresses networkpolicies servicecidrs',
  'node.k8s.io': 'runtimeclasses',
  'rbac.authorization.k8s.io': 'clusterrolebindings clusterroles rolebindings roles',
  'resource.k8s.io': 'deviceclasses resourceclaims resourceclaimtemplates resourceslices',
  'scheduling.k8s.io': 'priorityclasses',
  'storage.k8s.io':
    'csidrivers csinodes csistoragecapacities storageclasses volumeattachments volumeattributesclasses',
}

const groups: ReadonlyMap<string, string> = new Map(
  Object.entries(resourcesByGroup).flatMap(([group, resources]) =>
    resources.split(' ').map((resource) => [resource, group] as const),
  ),
)

/** Further ones that some release from 1.29 to 1.37 has: in alpha or beta, removed since, or in a second group. */
const moreByGroup: Readonly<Record<string, string>> = {
  'events.k8s.io': 'events',
  'internal.apiserver.k8s.io': 'storageversions',
  'networking.k8s.io': 'clustercidrs',
  'resource.k8s.io':
    'devicetaintrules podschedulingcontexts resourceclaimparameters resourceclasses resourceclassparameters resourcepoolstatusrequests',
  'scheduling.k8s.io': 'podgroups workloads',
  'storagemigration.k8s.io': 'storageversionmigrations',
}

/** The resources of each group of Kubernetes itself whose resources are all known. */
export const builtInResources: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...new Set([...Object.keys(resourcesByGroup), ...Object.keys(moreByGroup)])].map((group) => {
    const names = `${resourcesByGroup[group] ?? ''} ${moreByGroup[group] ?? ''}`.trim().split(' ')
    return [group, new Set(names)]
  }),
)

/** The group of a resource of Kubernetes, or undefined for others. */
export function builtInGroupOf(resource: string): string | undefined {
  return groups.get(resource)
}

/** `[group, resource, subresource]` whose bodies hold live credentials, `*` = any subresource. */
export const secretBearing: readonly (readonly [string, string, string])[] = [
  ['', 'secrets', '*'],
  ['', 'configmaps', '*'],
  ['', 'serviceaccounts', 'token'],
  ['authentication.k8s.io', 'tokenreviews', '*'],
]
