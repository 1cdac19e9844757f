/**
 * What may stay of a body that holds secrets: what is not in this table goes. One table serves Secrets, ConfigMaps,
 * TokenReviews, TokenRequests and CertificateSigningRequests, their lists, tables and patches, and what else is sent or
 * answered about them (Status, DeleteOptions): every field that stays is harmless in all of them.
 */
export type Shape =
  /** Stays, but for patterns in its texts. */
  | { readonly kind: 'text' }
  /** A text of the API server, which may quote what it refused. */
  | { readonly kind: 'message' }
  | { readonly kind: 'drop' }
  /** A request for a certificate, as base64 of PEM: goes, but for the names that it asks for. */
  | { readonly kind: 'certificateRequest' }
  /** An object whose keys stay, all its values being of one shape. */
  | { readonly kind: 'keys'; readonly value: Shape }
  /** An object whose keys stay, and the values of the known ones. An array is as if each element stood in its place. */
  | {
      readonly kind: 'fields'
      readonly fields: ReadonlyMap<string, Shape>
      readonly other: Shape
      /** Texts that may stand in its place: a Status has its outcome where other kinds have an object. */
      readonly texts: ReadonlySet<string>
    }

export const text: Shape = { kind: 'text' }
export const message: Shape = { kind: 'message' }
export const drop: Shape = { kind: 'drop' }
const certificateRequest: Shape = { kind: 'certificateRequest' }

function fields(known: Readonly<Record<string, Shape>>, texts: readonly string[] = []): Shape {
  return {
    kind: 'fields',
    fields: new Map(Object.entries(known)),
    other: drop,
    texts: new Set(texts),
  }
}

function all(shape: Shape, ...names: readonly string[]): Readonly<Record<string, Shape>> {
  return Object.fromEntries(names.map((name) => [name, shape]))
}

export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

const annotations = fields(
  all(
    text,
    'kubernetes.io/service-account.name',
    'kubernetes.io/service-account.uid',
    'kubernetes.io/config.source',
    'control-plane.alpha.kubernetes.io/leader',
    'meta.helm.sh/release-name',
    'meta.helm.sh/release-namespace',
    'cert-manager.io/certificate-name',
    'cert-manager.io/issuer-name',
    'cert-manager.io/issuer-kind',
  ),
)

const metadata = fields({
  ...all(
    text,
    'name',
    'generateName',
    'namespace',
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'selfLink',
    'labels',
    'ownerReferences',
    'finalizers',
    'continue',
    'remainingItemCount',
  ),
  managedFields: fields(
    all(
      text,
      'manager',
      'operation',
      'apiVersion',
      'time',
      'fieldsType',
      'fieldsV1',
      'subresource',
    ),
  ),
  annotations,
})

/** Keys that authenticators of Kubernetes itself set (authentication/serviceaccount/util.go, request/x509). */
const extra = fields(
  all(
    text,
    'authentication.kubernetes.io/credential-id',
    'authentication.kubernetes.io/node-name',
    'authentication.kubernetes.io/node-uid',
    'authentication.kubernetes.io/pod-name',
    'authentication.kubernetes.io/pod-uid',
  ),
)

const conditions = fields({
  ...all(text, 'type', 'status', 'reason', 'lastUpdateTime', 'lastTransitionTime'),
  message,
})

const details = fields({
  ...all(text, 'name', 'group', 'kind', 'uid', 'retryAfterSeconds'),
  causes: fields({ ...all(text, 'reason', 'field'), message }),
})

const rootFields = new Map<string, Shape>(
  Object.entries({
    // Every object; a Secret; a JSON patch, whose `value` is of the shape that its path leads to.
    ...all(text, 'kind', 'apiVersion', 'type', 'immutable', 'op', 'path', 'from', '$patch'),
    metadata,
    ...all({ kind: 'keys', value: drop }, 'data', 'stringData', 'binaryData'),
    spec: fields({
      ...all(text, 'audiences', 'expirationSeconds', 'boundObjectRef', 'signerName', 'usages'),
      ...all(text, 'username', 'uid', 'groups'),
      extra,
      request: certificateRequest,
    }),
    status: fields(
      {
        ...all(text, 'authenticated', 'audiences', 'expirationTimestamp'),
        user: fields({ ...all(text, 'username', 'uid', 'groups'), extra }),
        error: message,
        conditions,
      },
      ['Success', 'Failure'],
    ),
    // Status
    ...all(text, 'reason', 'code'),
    message,
    details,
    // DeleteOptions
    ...all(text, 'dryRun', 'gracePeriodSeconds', 'orphanDependents', 'preconditions'),
    ...all(text, 'propagationPolicy', 'ignoreStoreReadErrorWithClusterBreakingPotential'),
    // Table
    columnDefinitions: text,
  }),
)

/** The root of a body that holds secrets, and of every such object inside of another one. */
export const secretive: Shape = {
  kind: 'fields',
  fields: rootFields,
  other: drop,
  texts: new Set(),
}
rootFields.set('items', secretive)
rootFields.set('rows', {
  kind: 'fields',
  fields: new Map<string, Shape>([
    ['object', secretive],
    ['conditions', text],
  ]),
  other: drop,
  texts: new Set(),
})

/** What stands in the place of a request for a certificate once its names have been read (`CertificateRequest`). */
export const certificateRequestNames = fields(
  all(
    text,
    'commonName',
    'organizations',
    'dnsNames',
    'ipAddresses',
    'uris',
    'keyAlgorithm',
    'isCut',
  ),
)

/** The shape of what a JSON pointer (RFC 6901) leads to, below a shape. */
export function shapeAt(shape: Shape, pointer: string): Shape {
  let current = shape
  for (const token of pointer.split('/').slice(1, 64)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (current.kind === 'keys') current = current.value
    else if (current.kind === 'fields') {
      const isElement = key === '-' || /^\d{1,9}$/.test(key)
      current = current.fields.get(key) ?? (isElement ? current : current.other)
    }
  }
  return current
}

const secretiveResources: ReadonlySet<string> = new Set([
  'secrets',
  'configmaps',
  'tokenreviews',
  'certificatesigningrequests',
])
const secretiveKinds: ReadonlySet<string> = new Set([
  'secret',
  'configmap',
  'tokenreview',
  'tokenrequest',
  'certificatesigningrequest',
])

/** Requests for it carry secrets in their bodies; whatever the API group, and where odd paths put the resource. */
export function isSecretiveResource(resource: string, subresource: string): boolean {
  const folded = resource.toLowerCase()
  const foldedSub = subresource.toLowerCase()
  return (
    secretiveResources.has(folded) ||
    secretiveResources.has(foldedSub) ||
    (folded === 'serviceaccounts' && foldedSub === 'token')
  )
}

export function isSecretiveKind(kind: string): boolean {
  return secretiveKinds.has(kind.toLowerCase().replace(/list$/, ''))
}
