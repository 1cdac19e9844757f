import { at, isWireObject, textOf, type WireObject } from '../../audit/wire.ts'
import type { AccessRequest } from './access.ts'

/** What a body says of permissions that no audit event names. Bodies come with the audit levels Request and RequestResponse. */
export type NeedHint =
  /** A certificate signing request of this signer was approved or signed. */
  | { readonly kind: 'signer'; readonly name: string }
  /** A binding to this role was written. */
  | { readonly kind: 'role'; readonly roleKind: 'Role' | 'ClusterRole'; readonly name: string }
  /** An owner was named whose deletion waits for the object. */
  | {
      readonly kind: 'owner'
      readonly apiGroup: string
      readonly ownerKind: string
      readonly name: string
    }

const noHints: readonly string[] = []

/** The hints of a request that was done, as text, for a profile. */
export function hintsOf(raw: WireObject, request: AccessRequest): readonly string[] {
  const body = at(raw, 'requestObject')
  if (!isWireObject(body)) return noHints
  return [...signerHints(body, request), ...roleHints(body, request), ...ownerHints(body)].map(
    (hint) => JSON.stringify(hint),
  )
}

function signerHints(body: WireObject, { resource }: AccessRequest): NeedHint[] {
  const name = textOf(at(at(body, 'spec'), 'signerName'))
  return resource === 'certificatesigningrequests' && name !== '' ? [{ kind: 'signer', name }] : []
}

function roleHints(body: WireObject, { resource }: AccessRequest): NeedHint[] {
  if (resource !== 'rolebindings' && resource !== 'clusterrolebindings') return []
  const reference = at(body, 'roleRef')
  const roleKind = at(reference, 'kind')
  const name = textOf(at(reference, 'name'))
  return (roleKind === 'Role' || roleKind === 'ClusterRole') && name !== ''
    ? [{ kind: 'role', roleKind, name }]
    : []
}

function ownerHints(body: WireObject): NeedHint[] {
  const owners = at(at(body, 'metadata'), 'ownerReferences')
  if (!Array.isArray(owners)) return []
  return owners.flatMap((owner: unknown): NeedHint[] => {
    const ownerKind = textOf(at(owner, 'kind'))
    if (at(owner, 'blockOwnerDeletion') !== true || ownerKind === '') return []
    const [apiGroup = '', version] = textOf(at(owner, 'apiVersion')).split('/')
    return [
      {
        kind: 'owner',
        apiGroup: version === undefined ? '' : apiGroup,
        ownerKind,
        name: textOf(at(owner, 'name')),
      },
    ]
  })
}

/** The hint that the text stands for. */
export function parseHint(text: string): NeedHint {
  // Written by `hintsOf`.
  return JSON.parse(text) as NeedHint
}
