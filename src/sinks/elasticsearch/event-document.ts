import { at, isWireObject, textOf } from '../../audit/wire.ts'
import type { AuditEvent } from '../../contracts.ts'
import { formatTimeUs } from '../../util/time.ts'
import { ecsVersion, isAddress, withoutEmpty } from './ecs.ts'
import { auditShape, knownAnnotations, knownExtras } from './event-shape.ts'
import { eventDataset } from './names.ts'
import { type Loss, pick } from './shape.ts'

const decisionKey = 'authorization.k8s.io/decision'
const reasonKey = 'authorization.k8s.io/reason'
const extraPrefix = 'authentication.kubernetes.io/'
const extraNames: ReadonlySet<string> = new Set(knownExtras.map((name) => `${extraPrefix}${name}`))

/** Years of five digits are no dates to Elasticsearch. */
const endOfTimeUs = Date.UTC(10_000, 0) * 1000

/** Keys beyond it could make a term too long for Lucene. */
const maxKeyLength = 512

/**
 * An event as a document that Elastic's Kubernetes integration could have written. What of the event cannot be held so
 * (the rest of bodies, what is of another type than Kubernetes says) is only in `event.original`, the whole of it.
 */
export function eventDocument(event: AuditEvent, namespace: string): Record<string, unknown> {
  const { raw } = event
  const loss: Loss = { any: false }
  const audit = auditOf(raw, loss)
  const objectRef = at(raw, 'objectRef')
  const user = at(raw, 'user')
  const peerIp = isAddress(event.peerIp) ? event.peerIp : undefined
  const ingested = new Date(event.receivedAtMs).toISOString()
  const document = withoutEmpty({
    '@timestamp':
      event.timeUs > 0 && event.timeUs < endOfTimeUs ? formatTimeUs(event.timeUs) : ingested,
    ecs: { version: ecsVersion },
    data_stream: { type: 'logs', dataset: eventDataset, namespace },
    event: {
      kind: 'event',
      module: 'kubernetes',
      dataset: eventDataset,
      id: event.id,
      action: textOf(at(raw, 'verb')),
      outcome: outcomeOf(raw),
      ingested,
      original: loss.any ? JSON.stringify(raw) : undefined,
    },
    user: { name: event.actor, id: textOf(at(user, 'uid')) },
    user_agent: { original: textOf(at(raw, 'userAgent')) },
    source: { ip: peerIp },
    client: { ip: peerIp },
    related: {
      ip: [...new Set([...event.claimedIps, event.peerIp])].filter(isAddress),
      user: [...new Set([textOf(at(user, 'uid')), event.actor, event.effectiveUser])].filter(
        (text) => text !== '',
      ),
    },
    orchestrator: {
      type: 'kubernetes',
      api_version: textOf(at(raw, 'apiVersion')) || 'audit.k8s.io/v1',
      cluster: { name: event.cluster },
      namespace: textOf(at(objectRef, 'namespace')),
      resource: {
        type: textOf(at(objectRef, 'resource')),
        name: textOf(at(objectRef, 'name')),
      },
    },
  })
  // It has a time, at least.
  return Object.assign(document as Record<string, unknown>, {
    kubernetes: { audit },
    kubewitness: withoutEmpty({
      annotations: flat(at(raw, 'annotations'), (key) => key !== decisionKey && key !== reasonKey),
      user: { extra: flat(at(user, 'extra')) },
      impersonatedUser: { extra: flat(at(at(raw, 'impersonatedUser'), 'extra')) },
      object: { labels: flat(labelsOf(raw)) },
    }),
  })
}

/** What Kubernetes' integration says of it; where the API server made no decision, the response tells. */
function outcomeOf(raw: AuditEvent['raw']): 'success' | 'failure' | undefined {
  const decision = at(at(raw, 'annotations'), decisionKey)
  if (decision === 'allow') return 'success'
  if (decision === 'forbid') return 'failure'
  const code = at(at(raw, 'responseStatus'), 'code')
  if (typeof code !== 'number') return undefined
  return code < 400 ? 'success' : 'failure'
}

function auditOf(raw: AuditEvent['raw'], loss: Loss): Record<string, unknown> {
  const { annotations, user, impersonatedUser, ...others } = raw
  // The shape is one of fields below, so that what fits it is an object.
  const audit = (pick(auditShape, others, loss) ?? {}) as Record<string, unknown>
  const addUser = (key: 'user' | 'impersonatedUser', value: unknown): void => {
    if (!isWireObject(value)) return
    const { extra, ...identity } = value
    const picked = pick(auditShape[key], identity, loss) as object | undefined
    const known = flat(extra, (name) => extraNames.has(name))
    if (picked !== undefined || known !== undefined)
      audit[key] = { ...picked, ...(known === undefined ? {} : { extra: known }) }
  }
  addUser('user', user)
  addUser('impersonatedUser', impersonatedUser)
  const noted = notesOf(annotations)
  if (noted !== undefined) audit['annotations'] = noted
  return audit
}

/** The annotations that are mapped, under the keys of Elastic's integration. */
function notesOf(annotations: unknown): Record<string, string> | undefined {
  const noted: Record<string, string> = {}
  for (const key of [decisionKey, reasonKey]) {
    const value = at(annotations, key)
    const name = key.replaceAll('.', '_')
    if (typeof value === 'string' && value !== '' && Object.hasOwn(knownAnnotations, name))
      noted[name] = value
  }
  return Object.keys(noted).length === 0 ? undefined : noted
}

/** Texts and lists of texts by keys that anybody may have chosen, without those that Elasticsearch would refuse. */
function flat(
  value: unknown,
  isWanted: (key: string) => boolean = () => true,
): Record<string, unknown> | undefined {
  if (!isWireObject(value)) return undefined
  const kept = Object.entries(value).filter(
    ([key, inner]) =>
      isWanted(key) &&
      key !== '' &&
      key.length <= maxKeyLength &&
      !key.includes('\0') &&
      (typeof inner === 'string' || (Array.isArray(inner) && inner.every(isText))),
  )
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function labelsOf(raw: AuditEvent['raw']): unknown {
  const ofBody = (key: string): unknown => at(at(at(raw, key), 'metadata'), 'labels')
  return ofBody('responseObject') ?? ofBody('requestObject')
}
