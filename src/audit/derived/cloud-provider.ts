import { at, textOf } from '../wire.ts'
import type { FieldValue } from './field.ts'
import type { EventView } from './view.ts'

export type CloudProvider = 'eks' | 'gke' | 'aks'

export const cloudProviders: readonly (FieldValue & { readonly value: CloudProvider })[] = [
  {
    value: 'eks',
    meaning: '`eks:…`, or what the IAM authenticator adds: an arn, an access key id, its uid',
  },
  {
    value: 'gke',
    meaning: '`system:gke-…`, accounts of node bootstrap, `…gserviceaccount.com`',
  },
  {
    value: 'aks',
    meaning: '`aksService`, `masterclient` and the like, or an object id of Entra ID',
  },
]

/** Components of managed control planes whose names do not begin with `system:`. */
const components: ReadonlyMap<string, CloudProvider> = new Map([
  ['gcp:kube-bootstrap', 'gke'],
  ['kubelet-bootstrap', 'gke'],
  ['kubelet-nodepool-bootstrap', 'gke'],
  ['aksService', 'aks'],
  ['aks-service', 'aks'],
  ['acsService', 'aks'],
  ['hcpService', 'aks'],
  ['readinessChecker', 'aks'],
  ['nodeclient', 'aks'],
])

/** A name of a component of a managed control plane. `masterclient` is none: people hold that certificate. */
export function isCloudComponent(username: string): boolean {
  return username.startsWith('eks:') || components.has(username)
}

/** The managed service whose IAM authenticated a person or program. */
export function cloudIdentityOf(view: EventView): CloudProvider | undefined {
  const { actor } = view.event
  if (
    actor.startsWith('arn:aws') ||
    awsKeys.some((key) => view.extra(key).length > 0) ||
    textOf(at(view.member('user'), 'uid')).startsWith('aws-iam-authenticator:')
  )
    return 'eks'
  if (actor.endsWith('.gserviceaccount.com') || actor.startsWith('principal://iam.googleapis.com/'))
    return 'gke'
  return view.extra('oid').length > 0 ? 'aks' : undefined
}

/** `user.extra` as the IAM authenticator of EKS fills it. */
const awsKeys = [
  'arn',
  'canonicalArn',
  'accessKeyId',
  'sigs.k8s.io/aws-iam-authenticator/arn',
  'sigs.k8s.io/aws-iam-authenticator/canonicalArn',
  'sigs.k8s.io/aws-iam-authenticator/accessKeyId',
]

/** Undefined when nothing shows one. */
export function cloudProviderOf(view: EventView): CloudProvider | undefined {
  const { actor } = view.event
  if (actor.startsWith('eks:')) return 'eks'
  if (actor.startsWith('system:gke-')) return 'gke'
  if (actor === 'masterclient') return 'aks'
  return components.get(actor) ?? cloudIdentityOf(view)
}
