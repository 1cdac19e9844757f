/** Kinds whose objects hold credentials (core/v1, authentication.k8s.io/v1, certificates.k8s.io/v1), in lower case, and lists of them. */
const sensitiveKinds = new Set(
  ['secret', 'configmap', 'tokenreview', 'tokenrequest', 'certificatesigningrequest'].flatMap(
    (kind) => [kind, `${kind}list`],
  ),
)
const sensitiveResources = new Set([
  'secrets',
  'configmaps',
  'tokenreviews',
  'certificatesigningrequests',
])

/** What the bytes of an item must contain before a nested object can be of a sensitive kind. */
export const kindNeedles: readonly string[] = [
  '"Secret',
  '"ConfigMap',
  '"TokenRe',
  '"CertificateSigningRequest',
]

export function isSensitiveKind(kind: string | undefined): boolean {
  return kind !== undefined && sensitiveKinds.has(kind.toLowerCase())
}

export function isSensitiveResource(
  resource: string | undefined,
  subresource: string | undefined,
): boolean {
  const name = resource?.toLowerCase() ?? ''
  return (
    sensitiveResources.has(name) ||
    (name === 'serviceaccounts' && subresource?.toLowerCase() === 'token')
  )
}

/** Members of a sensitive object whose text is known to be harmless: identity, type, time, and what a rule may ask for. */
const harmlessKeys = new Set([
  'kind',
  'apiVersion',
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'selfLink',
  'creationTimestamp',
  'deletionTimestamp',
  'type',
  'op',
  'path',
  'from',
  'signerName',
  'expirationTimestamp',
  'username',
  'manager',
  'operation',
  'time',
  'fieldsType',
  'subresource',
  'reason',
  'status',
  'lastUpdateTime',
  'lastTransitionTime',
  'format',
  'continue',
  'group',
  'propagationPolicy',
  'fieldManager',
  'fieldValidation',
])
/** Arrays and maps of a sensitive object whose texts are all harmless. */
const harmlessContainers = new Set([
  'labels',
  'finalizers',
  'audiences',
  'usages',
  'groups',
  'dryRun',
  'fieldsV1',
])
const harmlessAnnotations = new Set([
  'kubernetes.io/service-account.name',
  'kubernetes.io/service-account.uid',
  'meta.helm.sh/release-name',
  'meta.helm.sh/release-namespace',
  'control-plane.alpha.kubernetes.io/leader',
  'rbac.authorization.kubernetes.io/autoupdate',
])
/** Members below which nothing is harmless, whatever it is called. */
const opaqueKeys = new Set([
  'data',
  'stringData',
  'binaryData',
  'value',
  'token',
  'request',
  'certificate',
  'object-data',
])
const credentialExtras = new Set([
  'authentication.kubernetes.io/credential-id',
  'authentication.kubernetes.io/pod-name',
  'authentication.kubernetes.io/pod-uid',
  'authentication.kubernetes.io/node-name',
  'authentication.kubernetes.io/node-uid',
])

/** How the texts below a member of a sensitive object are to be taken. */
export type Mode = 'checked' | 'kept' | 'opaque' | 'annotations' | 'extra'

/** The mode below `key`, seen in `mode`. */
export function modeBelow(mode: Mode, key: string): Mode {
  switch (mode) {
    case 'opaque':
    case 'kept':
      return mode
    case 'annotations':
      return harmlessAnnotations.has(key) ? 'kept' : 'opaque'
    case 'extra':
      return credentialExtras.has(key) ? 'kept' : 'opaque'
    case 'checked':
      if (opaqueKeys.has(key)) return 'opaque'
      if (key === 'annotations') return 'annotations'
      if (key === 'extra') return 'extra'
      return harmlessContainers.has(key) ? 'kept' : 'checked'
  }
}

/** Whether the text of member `key` may stay. */
export function isKept(mode: Mode, key: string): boolean {
  return mode === 'kept' || (mode === 'checked' && harmlessKeys.has(key))
}
