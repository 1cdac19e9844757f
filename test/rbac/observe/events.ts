import { toAuditEvent } from '../../../src/audit/event.ts'
import type { AuditEvent } from '../../../src/contracts.ts'
import { Observation } from '../../../src/rbac/observe/observation.ts'
import { readEvents } from '../../support/recordings.ts'

/** What a test says of an event; the rest is that of an ordinary allowed request. */
export interface SaidEvent {
  readonly user?: string | null
  readonly groups?: readonly string[]
  readonly impersonated?: Readonly<Record<string, unknown>>
  readonly verb?: string
  /** `resource`, `group/resource`, with `/subresource` behind a resource of the core group written `/resource/sub`. */
  readonly resource?: string
  readonly apiGroup?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  /** A request for a path instead. */
  readonly path?: string
  readonly uri?: string
  readonly code?: number
  readonly message?: string
  /** Absent = by the code; null = none. */
  readonly decision?: 'allow' | 'forbid' | null
  readonly reason?: string
  readonly stage?: string
  readonly second?: number
  readonly auditId?: string
  readonly more?: Readonly<Record<string, unknown>>
}

let nextId = 0

export function rawEvent(said: SaidEvent = {}): Record<string, unknown> {
  const { user = 'alice', groups = ['system:authenticated'], verb = 'get', code = 200 } = said
  const { path, second = 0, stage = 'ResponseComplete', decision, reason = '' } = said
  const time = `2026-03-01T10:${pad(Math.floor(second / 60))}:${pad(second % 60)}.000000Z`
  const decided = decision === undefined ? (code === 403 ? 'forbid' : 'allow') : decision
  nextId += 1
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: said.auditId ?? `id-${nextId}`,
    stage,
    requestURI: said.uri ?? path ?? uriOf(said),
    verb,
    user: user === null ? {} : { username: user, groups },
    ...(said.impersonated === undefined ? {} : { impersonatedUser: said.impersonated }),
    sourceIPs: ['192.0.2.7'],
    ...(path === undefined ? { objectRef: objectRefOf(said) } : {}),
    ...(stage === 'RequestReceived'
      ? {}
      : {
          responseStatus: {
            metadata: {},
            code,
            ...(said.message ? { message: said.message } : {}),
          },
        }),
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    ...(decided === null || stage === 'RequestReceived'
      ? {}
      : {
          annotations: {
            'authorization.k8s.io/decision': decided,
            'authorization.k8s.io/reason': reason,
          },
        }),
    ...said.more,
  }
}

function objectRefOf({ resource = 'pods', apiGroup, subresource, namespace, name }: SaidEvent) {
  const optional = { apiGroup, subresource, namespace, name }
  const said = Object.entries(optional).filter(([, text]) => text !== undefined && text !== '')
  return { resource, ...Object.fromEntries(said), apiVersion: 'v1' }
}

function uriOf({ resource = 'pods', apiGroup, subresource, namespace, name, verb }: SaidEvent) {
  const root = apiGroup ? `/apis/${apiGroup}/v1` : '/api/v1'
  const place = namespace ? `/namespaces/${namespace}` : ''
  const isNamed = name && !(verb === 'create' && !subresource)
  return `${root}${place}/${resource}${isNamed ? `/${name}` : ''}${subresource ? `/${subresource}` : ''}`
}

function pad(number: number): string {
  return String(number).padStart(2, '0')
}

export function auditEvent(said: SaidEvent = {}, cluster = 'default'): AuditEvent {
  return toAuditEvent(rawEvent(said), { cluster, receivedAtMs: 0 })
}

export function observed(...events: readonly SaidEvent[]): Observation {
  const observation = new Observation()
  for (const said of events) observation.add(auditEvent(said))
  return observation
}

/** What the recordings of ordinary life tell. */
export function observedBenign(): Observation {
  const observation = new Observation()
  for (const name of ['bring-up', 'day', 'evening'])
    observation.merge(observedRecording(`benign/${name}.jsonl`))
  return observation
}

export function observedRecording(path: string): Observation {
  const observation = new Observation()
  for (const raw of readEvents(path))
    observation.add(toAuditEvent(raw, { cluster: 'default', receivedAtMs: 0 }))
  return observation
}
