import { isDryRun } from '../../audit/derived/dry-run.ts'
import { EventView } from '../../audit/derived/view.ts'
import { at, isWireObject, textOf } from '../../audit/wire.ts'
import type { AuditEvent } from '../../contracts.ts'
import { parseTimeUs } from '../../util/time.ts'

/** When the request came: the end of a long one says nothing about when its credential was used. */
export function receivedUsOf(event: AuditEvent): number {
  return parseTimeUs(textOf(at(event.raw, 'requestReceivedTimestamp'))) ?? event.timeUs
}

const maxAgentLength = 64

/** The product that a user agent begins with, in lower case; empty when the client sent none. */
export function agentOf({ raw }: AuditEvent): string {
  const text = textOf(at(raw, 'userAgent')).slice(0, maxAgentLength)
  return (/^[^/ (]*/.exec(text)?.[0] ?? '').toLowerCase()
}

export function codeOf({ raw }: AuditEvent): number {
  return Number(at(at(raw, 'responseStatus'), 'code') ?? 0)
}

/** What an answered request deleted: one object, or without a name all of a namespace. */
export interface Deletion {
  readonly resource: 'pods' | 'serviceaccounts' | 'secrets'
  readonly namespace: string
  readonly name: string | undefined
  /** A pod that only stops is still there. */
  readonly isFinal: boolean
}

export function deletionOf(event: AuditEvent): Deletion | undefined {
  const { raw } = event
  const verb = at(raw, 'verb')
  const isOne = verb === 'delete'
  if ((!isOne && verb !== 'deletecollection') || codeOf(event) !== 200) return undefined
  const reference = at(raw, 'objectRef')
  const resource = at(reference, 'resource')
  if (resource !== 'pods' && resource !== 'serviceaccounts' && resource !== 'secrets')
    return undefined
  const view = new EventView(event)
  if (!view.isWholeObject || isDryRun(view)) return undefined
  const isSelection = isAsked(view, 'labelSelector') || isAsked(view, 'fieldSelector')
  const name = isOne ? textOf(at(reference, 'name')) : undefined
  if (name === '' || (!isOne && isSelection)) return undefined
  const isByNode = event.actor.startsWith('system:node:')
  return {
    resource,
    namespace: textOf(at(reference, 'namespace')),
    name,
    isFinal: resource !== 'pods' || isByNode || isWithoutGrace(view),
  }
}

function isAsked({ query }: EventView, parameter: string): boolean {
  return (query.get(parameter)?.[0] ?? '') !== ''
}

/** As the API server takes the options of a deletion: from the body if there is one, and then not from the URL (`handlers/delete.go`). */
function isWithoutGrace(view: EventView): boolean {
  const options = view.member('requestObject')
  if (isWireObject(options)) return at(options, 'gracePeriodSeconds') === 0
  return view.query.get('gracePeriodSeconds')?.[0] === '0'
}

/** A token that was issued. */
export interface Issue {
  readonly credentialId: string
  /** User name of the service account. */
  readonly account: string
}

export function issueOf({ raw }: AuditEvent): Issue | undefined {
  const annotation = 'authentication.kubernetes.io/issued-credential-id'
  const credentialId = textOf(at(at(raw, 'annotations'), annotation))
  const reference = at(raw, 'objectRef')
  if (credentialId === '' || at(reference, 'subresource') !== 'token') return undefined
  const namespace = textOf(at(reference, 'namespace'))
  const name = textOf(at(reference, 'name'))
  return { credentialId, account: `system:serviceaccount:${namespace}:${name}` }
}

/** Where a kubelet says that a pod is; only events with bodies tell. */
export interface PodStatus {
  readonly uid: string
  /** `namespace/name`. */
  readonly pod: string
  readonly ips: readonly string[]
}

export function podStatusOf({ raw }: AuditEvent): PodStatus | undefined {
  const reference = at(raw, 'objectRef')
  if (at(reference, 'resource') !== 'pods' || at(reference, 'subresource') !== 'status')
    return undefined
  const pod = `${textOf(at(reference, 'namespace'))}/${textOf(at(reference, 'name'))}`
  for (const body of [at(raw, 'responseObject'), at(raw, 'requestObject')]) {
    const uid = textOf(at(at(body, 'metadata'), 'uid'))
    const podIps = at(at(body, 'status'), 'podIPs')
    if (uid === '' || !Array.isArray(podIps)) continue
    const ips = podIps.map((podIp) => textOf(at(podIp, 'ip'))).filter((ip) => ip !== '')
    if (ips.length > 0) return { uid, pod, ips }
  }
  return undefined
}
