/** A resource of Kubernetes itself, and what can be asked of it. */
export interface ApiResource {
  readonly apiGroup: string
  /** `pods`, or with its subresource `pods/log`. */
  readonly resource: string
  readonly isNamespaced: boolean
  readonly verbs: readonly string[]
}

interface GroupResources {
  readonly namespaced?: string
  readonly cluster?: string
}

/**
 * The resources of each group, with their verbs where they are not the usual ones: `name=verb,verb`.
 * Source: the discovery documents of Kubernetes 1.36 (k/k `api/discovery`), all versions of a group together.
 */
const resourcesByGroup: Readonly<Record<string, GroupResources>> = {
  '': {
    namespaced:
      'bindings=create configmaps endpoints events limitranges persistentvolumeclaims persistentvolumeclaims/status pods pods/attach=create,get pods/binding=create pods/ephemeralcontainers pods/eviction=create pods/exec=create,get pods/log=get pods/portforward=create,get pods/proxy=create,delete,get,patch,update pods/resize pods/status podtemplates replicationcontrollers replicationcontrollers/scale replicationcontrollers/status resourcequotas resourcequotas/status secrets serviceaccounts serviceaccounts/token=create services services/proxy=create,delete,get,patch,update services/status',
    cluster:
      'componentstatuses=get,list namespaces/finalize=update namespaces/status namespaces=create,delete,get,list,patch,update,watch nodes nodes/proxy=create,delete,get,patch,update nodes/status persistentvolumes persistentvolumes/status',
  },
  'admissionregistration.k8s.io': {
    cluster:
      'mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicies/status validatingadmissionpolicybindings validatingwebhookconfigurations',
  },
  'apiextensions.k8s.io': {
    cluster: 'customresourcedefinitions customresourcedefinitions/status',
  },
  'apiregistration.k8s.io': {
    cluster: 'apiservices apiservices/status',
  },
  apps: {
    namespaced:
      'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  },
  'authentication.k8s.io': {
    cluster: 'selfsubjectreviews=create tokenreviews=create',
  },
  'authorization.k8s.io': {
    namespaced: 'localsubjectaccessreviews=create',
    cluster:
      'selfsubjectaccessreviews=create selfsubjectrulesreviews=create subjectaccessreviews=create',
  },
  autoscaling: {
    namespaced: 'horizontalpodautoscalers horizontalpodautoscalers/status',
  },
  batch: {
    namespaced: 'cronjobs cronjobs/status jobs jobs/status',
  },
  'certificates.k8s.io': {
    namespaced: 'podcertificaterequests podcertificaterequests/status',
    cluster:
      'certificatesigningrequests certificatesigningrequests/approval certificatesigningrequests/status clustertrustbundles',
  },
  'coordination.k8s.io': {
    namespaced: 'leasecandidates leases',
  },
  'discovery.k8s.io': {
    namespaced: 'endpointslices',
  },
  'events.k8s.io': {
    namespaced: 'events',
  },
  'flowcontrol.apiserver.k8s.io': {
    cluster:
      'flowschemas flowschemas/status prioritylevelconfigurations prioritylevelconfigurations/status',
  },
  'internal.apiserver.k8s.io': {
    cluster: 'storageversions storageversions/status',
  },
  'networking.k8s.io': {
    namespaced: 'ingresses ingresses/status networkpolicies',
    cluster: 'ingressclasses ipaddresses servicecidrs servicecidrs/status',
  },
  'node.k8s.io': {
    cluster: 'runtimeclasses',
  },
  policy: {
    namespaced: 'poddisruptionbudgets poddisruptionbudgets/status',
  },
  'rbac.authorization.k8s.io': {
    namespaced: 'rolebindings roles',
    cluster: 'clusterrolebindings clusterroles',
  },
  'resource.k8s.io': {
    namespaced: 'resourceclaims resourceclaims/status resourceclaimtemplates',
    cluster:
      'deviceclasses devicetaintrules devicetaintrules/status resourcepoolstatusrequests resourcepoolstatusrequests/status resourceslices',
  },
  'scheduling.k8s.io': {
    namespaced: 'podgroups podgroups/status workloads',
    cluster: 'priorityclasses',
  },
  'storage.k8s.io': {
    namespaced: 'csistoragecapacities',
    cluster:
      'csidrivers csinodes storageclasses volumeattachments volumeattachments/status volumeattributesclasses',
  },
  'storagemigration.k8s.io': {
    cluster: 'storageversionmigrations storageversionmigrations/status',
  },
}

const usualVerbs = 'create,delete,deletecollection,get,list,patch,update,watch'
const usualVerbsOfSubresources = 'get,patch,update'

/** The resources of Kubernetes 1.36 itself, whichever of them a cluster has switched on. */
export const apiResources: readonly ApiResource[] = Object.entries(resourcesByGroup).flatMap(
  ([apiGroup, { namespaced = '', cluster = '' }]) => [
    ...resourcesOf(apiGroup, namespaced, true),
    ...resourcesOf(apiGroup, cluster, false),
  ],
)

function resourcesOf(apiGroup: string, text: string, isNamespaced: boolean): ApiResource[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [resource = '', special] = word.split('=')
      const usual = resource.includes('/') ? usualVerbsOfSubresources : usualVerbs
      return { apiGroup, resource, isNamespaced, verbs: (special ?? usual).split(',') }
    })
}
