import type { AccessRequest, ObservedAccess } from '../observe/access.ts'
import { parseHint } from '../observe/hints.ts'
import { type Need, requestOfAccess } from './need.ts'
import { isAtLeast, type SuggestOptions } from './options.ts'

/**
 * What the API server asks for beside the verb of the audit event, and no event names:
 *
 * - `create` of a session that was opened by `get` (websockets; `pkg/registry/core/pod/rest`, since 1.35)
 * - `create` of an object that an update or patch made (`endpoints/handlers/{update,patch}.go`)
 * - `approve` or `sign` of the signer of a certificate request, when the body was recorded
 */
export function impliedNeeds(
  access: ObservedAccess,
  { kubernetesVersion }: Pick<SuggestOptions, 'kubernetesVersion'>,
): Need[] {
  if (!access.isResource || access.outcome === 'wanted') return []
  const request = requestOfAccess(access)
  const needs: Need[] = []
  if (isSession(access) && access.verb === 'get' && isAtLeast(kubernetesVersion, 35))
    needs.push(
      need(
        { ...request, verb: 'create' },
        access,
        'the API server asks for create, too, when a session is opened by get (since 1.35)',
      ),
    )
  if (access.created > 0 && request.subresource === '')
    needs.push(
      need(
        { ...request, verb: 'create', name: '' },
        access,
        `${access.verb} made the object, for which the API server asks for create`,
      ),
    )
  const signerVerb = signerVerbOf(access)
  if (signerVerb !== undefined)
    for (const name of signersOf(access))
      needs.push(
        need(
          { ...signers, verb: signerVerb, name },
          access,
          `certificate requests of this signer need ${signerVerb}`,
        ),
      )
  return needs
}

const signers: AccessRequest = {
  verb: 'approve',
  isResource: true,
  apiGroup: 'certificates.k8s.io',
  resource: 'signers',
  subresource: '',
  namespace: '',
  name: '',
  path: '',
}

/** What may be needed besides, and cannot be told from what was seen. */
export interface UnseenNeed {
  readonly request: AccessRequest
  readonly why: string
  readonly evidence: readonly ObservedAccess[]
}

const rbacGroup = 'rbac.authorization.k8s.io'

/**
 * Rights that a request may have needed: who writes a role has to hold its rules, or `escalate`; who writes a binding has
 * to hold the rules of its role, or `bind`; who approves or signs has to have the right on the signer, whose name stands in
 * the body; an owner that waits for the object's deletion needs `update` of its finalizers where the admission plugin
 * OwnerReferencesPermissionEnforcement is on.
 */
export function unseenNeeds(access: ObservedAccess): UnseenNeed[] {
  const { outcome, isResource, apiGroup, resource, subresource, verb } = access
  if (outcome !== 'used' || !isResource || !writes.has(verb)) return []
  const request = requestOfAccess(access)
  const evidence = [access]
  const unseen: UnseenNeed[] = []
  if (apiGroup === rbacGroup && subresource === '') {
    if (resource === 'roles' || resource === 'clusterroles')
      unseen.push({
        request: { ...request, verb: 'escalate' },
        why: 'who writes a role has to hold its rules, or escalate',
        evidence,
      })
    if (resource === 'rolebindings' || resource === 'clusterrolebindings')
      for (const role of boundRoles(access))
        unseen.push({
          request: { ...request, verb: 'bind', ...role },
          why: 'who writes a binding has to hold the rules of its role, or bind',
          evidence,
        })
  }
  const signerVerb = signerVerbOf(access)
  if (signerVerb !== undefined && signersOf(access).length === 0)
    unseen.push({
      request: { ...signers, verb: signerVerb },
      why: `certificate requests need ${signerVerb} on their signer, whose name no recorded body tells`,
      evidence,
    })
  for (const hint of access.hints.map(parseHint))
    if (hint.kind === 'owner')
      unseen.push({
        request: {
          ...request,
          verb: 'update',
          apiGroup: hint.apiGroup,
          // The plural of nearly every kind; where it is another one, nothing is granted by it.
          resource: `${hint.ownerKind.toLowerCase()}s`,
          subresource: 'finalizers',
          name: hint.name,
        },
        why: 'an owner that waits for the deletion needs its finalizers, where the admission plugin OwnerReferencesPermissionEnforcement is on',
        evidence,
      })
  return unseen
}

const writes = new Set(['create', 'update', 'patch'])

function boundRoles({
  hints,
  resource,
}: ObservedAccess): Pick<AccessRequest, 'resource' | 'name'>[] {
  const roles = hints
    .map(parseHint)
    .flatMap((hint) =>
      hint.kind === 'role'
        ? [{ resource: hint.roleKind === 'Role' ? 'roles' : 'clusterroles', name: hint.name }]
        : [],
    )
  if (roles.length > 0) return roles
  return [{ resource: resource === 'rolebindings' ? 'roles' : 'clusterroles', name: '' }]
}

function isSession({ apiGroup, resource, subresource }: ObservedAccess): boolean {
  return (
    apiGroup === '' &&
    resource === 'pods' &&
    (subresource === 'exec' || subresource === 'attach' || subresource === 'portforward')
  )
}

function signerVerbOf({
  apiGroup,
  resource,
  subresource,
  verb,
}: ObservedAccess): string | undefined {
  if (apiGroup !== 'certificates.k8s.io' || resource !== 'certificatesigningrequests')
    return undefined
  if (verb !== 'update' && verb !== 'patch') return undefined
  if (subresource === 'approval') return 'approve'
  return subresource === 'status' ? 'sign' : undefined
}

function signersOf({ hints }: ObservedAccess): string[] {
  return hints.map(parseHint).flatMap((hint) => (hint.kind === 'signer' ? [hint.name] : []))
}

function need(request: AccessRequest, access: ObservedAccess, note: string): Need {
  return { request, evidence: [access], notes: [note] }
}
