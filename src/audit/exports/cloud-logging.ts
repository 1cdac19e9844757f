import { at, isWireObject, textOf, type WireObject } from '../wire.ts'
import { type ResourcePath, resourcePathOf } from './resource-path.ts'

/** `google.cloud.audit.AuditLog` in a LogEntry. */
export function isLogEntry(record: unknown): record is WireObject {
  return isWireObject(at(record, 'protoPayload')) && typeof at(record, 'logName') === 'string'
}

/**
 * The `audit.k8s.io/v1` event that GKE made a LogEntry of; undefined for the entry of another service.
 *
 * A LogEntry holds less than the event did. What can be said with certainty is converted; what is an assumption is named
 * in the annotation `kubewitness/inferred`, what is lost in `kubewitness/missing`: rules that ask for that cannot match.
 * Labels were annotations and are again.
 */
export function eventOfLogEntry(entry: WireObject): WireObject | undefined {
  const payload = at(entry, 'protoPayload')
  if (at(payload, 'serviceName') !== 'k8s.io') return undefined
  const resourceName = textOf(at(payload, 'resourceName'))
  const path = resourcePathOf(resourceName)
  const metadata = at(payload, 'requestMetadata')
  const requestObject = bodyOf(at(payload, 'request'))
  const responseObject = bodyOf(at(payload, 'response'))
  const status = statusOf(at(payload, 'status'))
  const timestamp = at(entry, 'timestamp')
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: levelOf(requestObject, responseObject),
    auditID: at(at(entry, 'operation'), 'id') ?? at(entry, 'insertId'),
    stage: 'ResponseComplete',
    requestURI: path?.requestUri ?? `/${resourceName}`,
    verb: textOf(at(payload, 'methodName')).split('.').at(-1),
    user: { username: textOf(at(at(payload, 'authenticationInfo'), 'principalEmail')) },
    sourceIPs: [at(metadata, 'callerIp')].filter((ip) => typeof ip === 'string'),
    userAgent: at(metadata, 'callerSuppliedUserAgent'),
    objectRef: path && objectRefOf(path),
    responseStatus: status,
    requestObject,
    responseObject,
    stageTimestamp: timestamp,
    annotations: { ...labelsOf(entry), ...notes(status.code === 200, path !== undefined) },
  }
}

function labelsOf(entry: WireObject): WireObject {
  const labels = at(entry, 'labels')
  return isWireObject(labels) ? labels : {}
}

function notes(isSuccess: boolean, isResource: boolean): WireObject {
  const inferred = ['stage', ...(isResource ? ['requestURI'] : [])]
  return {
    'kubewitness/converted-from': 'gke',
    'kubewitness/inferred': [
      ...inferred,
      isSuccess ? 'responseStatus.code' : 'responseStatus',
    ].join(),
    'kubewitness/missing':
      'impersonatedUser,requestReceivedTimestamp,requestURI query,user.extra,user.groups,user.uid',
  }
}

function objectRefOf({ requestUri: _, ...reference }: ResourcePath): WireObject {
  return reference
}

/** Without the type that Cloud Logging adds to a body. */
function bodyOf(value: unknown): WireObject | undefined {
  if (!isWireObject(value)) return undefined
  const { '@type': _, ...body } = value
  return body
}

function levelOf(request: unknown, response: unknown): string {
  if (response !== undefined) return 'RequestResponse'
  return request === undefined ? 'Metadata' : 'Request'
}

/** HTTP status by `google.rpc.Code`, as `google/rpc/code.proto` maps them. 0 stands for any success. */
const httpStatuses = [
  200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
]

function statusOf(status: unknown): { code: number; message?: string } {
  const code = at(status, 'code') ?? 0
  const message = at(status, 'message')
  const http = typeof code === 'number' ? (httpStatuses[code] ?? code) : 500
  return { code: http, ...(typeof message === 'string' && message !== '' ? { message } : {}) }
}
