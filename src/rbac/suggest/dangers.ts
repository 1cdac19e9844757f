import type { AccessRequest } from '../observe/access.ts'

/** A right by which more can be had than it says. */
export interface Danger {
  readonly code: string
  readonly why: string
}

interface DangerousRight extends Danger {
  readonly verbs?: readonly string[]
  readonly apiGroup?: string
  /** `resource` or `resource/subresource`. */
  readonly resources: readonly string[]
}

const reads = ['get', 'list', 'watch']
const writes = ['create', 'update', 'patch', 'delete', 'deletecollection']
const makes = ['create', 'update', 'patch']
const rbac = 'rbac.authorization.k8s.io'
const webhookKinds = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']
const workloads = ['deployments', 'daemonsets', 'statefulsets', 'replicasets']

const rights: readonly DangerousRight[] = [
  {
    code: 'secrets',
    apiGroup: '',
    resources: ['secrets'],
    verbs: reads,
    why: 'reads credentials; list and watch give the contents, too',
  },
  {
    code: 'secrets.write',
    apiGroup: '',
    resources: ['secrets'],
    verbs: makes,
    why: 'plants or replaces credentials, and can ask for the token of a service account',
  },
  {
    code: 'pods.exec',
    apiGroup: '',
    resources: ['pods/exec', 'pods/attach', 'pods/ephemeralcontainers'],
    why: 'runs commands in containers, with their service account and secrets',
  },
  {
    code: 'pods.portforward',
    apiGroup: '',
    resources: ['pods/portforward', 'pods/proxy', 'services/proxy'],
    why: 'reaches ports past network policies',
  },
  {
    code: 'nodes.proxy',
    apiGroup: '',
    resources: ['nodes/proxy'],
    why: 'speaks to the kubelet past the API server: commands in every pod of the node, unseen by audit and admission',
  },
  {
    code: 'token',
    apiGroup: '',
    resources: ['serviceaccounts/token'],
    verbs: ['create'],
    why: 'gets tokens of the service account, and all that it may do',
  },
  {
    code: 'workloads',
    apiGroup: '',
    resources: ['pods', 'replicationcontrollers'],
    verbs: makes,
    why: 'starts containers with any service account and secret of the namespace',
  },
  {
    code: 'workloads',
    apiGroup: 'apps',
    resources: workloads,
    verbs: makes,
    why: 'starts containers with any service account and secret of the namespace',
  },
  {
    code: 'workloads',
    apiGroup: 'batch',
    resources: ['jobs', 'cronjobs'],
    verbs: makes,
    why: 'starts containers with any service account and secret of the namespace',
  },
  {
    code: 'impersonate',
    resources: ['users', 'groups', 'serviceaccounts', 'uids', 'userextras', 'nodes'],
    verbs: ['impersonate'],
    why: 'acts as somebody else',
  },
  {
    code: 'escalate',
    apiGroup: rbac,
    resources: ['roles', 'clusterroles'],
    verbs: ['escalate'],
    why: 'writes roles with rights that it does not have',
  },
  {
    code: 'bind',
    apiGroup: rbac,
    resources: ['roles', 'clusterroles'],
    verbs: ['bind'],
    why: 'gives roles that it does not have',
  },
  {
    code: 'rbac.write',
    apiGroup: rbac,
    resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'],
    verbs: writes,
    why: 'changes who may do what, as far as its own rights go',
  },
  {
    code: 'certificates',
    apiGroup: 'certificates.k8s.io',
    resources: ['certificatesigningrequests/approval', 'certificatesigningrequests/status'],
    verbs: ['update', 'patch'],
    why: 'issues client certificates: new identities',
  },
  {
    code: 'certificates',
    apiGroup: 'certificates.k8s.io',
    resources: ['signers'],
    verbs: ['approve', 'sign', 'attest'],
    why: 'issues client certificates: new identities',
  },
  {
    code: 'webhooks',
    apiGroup: 'admissionregistration.k8s.io',
    resources: [...webhookKinds, 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'],
    verbs: writes,
    why: 'sees and changes what anybody writes',
  },
  {
    code: 'apiservices',
    apiGroup: 'apiregistration.k8s.io',
    resources: ['apiservices'],
    verbs: writes,
    why: 'takes over API groups, with the credentials of their callers',
  },
  {
    code: 'nodes.write',
    apiGroup: '',
    resources: ['nodes', 'nodes/status'],
    verbs: writes,
    why: 'changes where pods run',
  },
  {
    code: 'volumes',
    apiGroup: '',
    resources: ['persistentvolumes'],
    verbs: makes,
    why: 'mounts paths of the nodes',
  },
  {
    code: 'namespaces.write',
    apiGroup: '',
    resources: ['namespaces'],
    verbs: ['update', 'patch'],
    why: 'changes labels that admission goes by, such as those of Pod Security',
  },
]

/** The dangers of what is granted, each once. */
export function dangersOf(requests: readonly AccessRequest[]): Danger[] {
  const found = rights.filter((right) => requests.some((request) => isRight(right, request)))
  const distinct = new Map(found.map(({ code, why }) => [`${code} ${why}`, { code, why }]))
  return [...distinct.values()]
}

function isRight({ verbs, apiGroup, resources }: DangerousRight, request: AccessRequest): boolean {
  const { verb, isResource, resource, subresource } = request
  const text =
    subresource === '' || resource === 'userextras' ? resource : `${resource}/${subresource}`
  // `impersonate:user-info` and its like are ways to impersonate.
  const plain = verb.startsWith('impersonate:') ? 'impersonate' : verb
  return (
    isResource &&
    resources.includes(text) &&
    (apiGroup === undefined || apiGroup === request.apiGroup) &&
    (verbs === undefined || verbs.includes(plain))
  )
}
