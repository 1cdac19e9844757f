import { at, isWireObject } from '../../audit/wire.ts'
import type { AuditEvent } from '../../contracts.ts'
import { formatTimeUs } from '../../util/time.ts'
import { ecsVersion, isAddress } from './ecs.ts'
import { auditShape, decisionName, knownExtras, reasonName } from './event-shape.ts'
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

export interface DocumentContext {
  readonly namespace: string
  /** Of texts under keys that others choose; what is longer is in `event.original` alone. */
  readonly maxFlatTextLength: number
}

/**
 * An event as a document that Elastic's Kubernetes integration could have written. What of the event cannot be held so
 * (the rest of bodies, what is of another type than Kubernetes says) is only in `event.original`, the whole of it.
 * What is undefined in it is to be left out, as JSON does.
 */
export function eventDocument(
  event: AuditEvent,
  { namespace, maxFlatTextLength }: DocumentContext,
): Record<string, unknown> {
  const { raw, actor, effectiveUser } = event
  const loss: Loss = { any: false }
  const audit = auditOf(raw, loss)
  const keyed = keyedOf(raw, maxFlatTextLength, loss)
  const objectRef = at(raw, 'objectRef')
  const user = at(raw, 'user')
  const uid = someText(at(user, 'uid'))
  const resourceType = someText(at(objectRef, 'resource'))
  const resourceName = someText(at(objectRef, 'name'))
  const ingested = new Date(event.receivedAtMs).toISOString()
  const peer = isAddress(event.peerIp) ? { ip: event.peerIp } : undefined
  const userAgent = someText(at(raw, 'userAgent'))
  return {
    '@timestamp':
      event.timeUs > 0 && event.timeUs < endOfTimeUs ? formatTimeUs(event.timeUs) : ingested,
    ecs: { version: ecsVersion },
    data_stream: { type: 'logs', dataset: eventDataset, namespace },
    event: {
      kind: 'event',
      module: 'kubernetes',
      dataset: eventDataset,
      id: event.id,
      action: someText(at(raw, 'verb')),
      outcome: outcomeOf(raw),
      ingested,
      original: loss.any ? JSON.stringify(raw) : undefined,
    },
    user: actor === '' && uid === undefined ? undefined : { name: someText(actor), id: uid },
    user_agent: userAgent === undefined ? undefined : { original: userAgent },
    source: peer,
    client: peer,
    related: {
      ip: distinct([...event.claimedIps, event.peerIp].filter(isAddress)),
      user: distinct([uid ?? '', actor, effectiveUser].filter((text) => text !== '')),
    },
    orchestrator: {
      type: 'kubernetes',
      api_version: someText(at(raw, 'apiVersion')) ?? 'audit.k8s.io/v1',
      cluster: event.cluster === '' ? undefined : { name: event.cluster },
      namespace: someText(at(objectRef, 'namespace')),
      resource:
        resourceType === undefined && resourceName === undefined
          ? undefined
          : { type: resourceType, name: resourceName },
    },
    kubernetes: { audit },
    kubewitness: keyed,
  }
}

/** What others choose the keys of, each in a field of its own. */
function keyedOf(
  raw: AuditEvent['raw'],
  maxLength: number,
  loss: Loss,
): Record<string, unknown> | undefined {
  const annotations = flat(at(raw, 'annotations'), loss, { isWanted: isOtherNote, maxLength })
  const extra = flat(at(at(raw, 'user'), 'extra'), loss, { maxLength })
  const impersonatedExtra = flat(at(at(raw, 'impersonatedUser'), 'extra'), loss, { maxLength })
  const labels = flat(labelsOf(raw), loss, { maxLength })
  if (!(annotations || extra || impersonatedExtra || labels)) return undefined
  return {
    annotations,
    user: extra && { extra },
    impersonatedUser: impersonatedExtra && { extra: impersonatedExtra },
    object: labels && { labels },
  }
}

function isOtherNote(key: string): boolean {
  return key !== decisionKey && key !== reasonKey
}

function someText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function distinct(texts: readonly string[]): readonly string[] | undefined {
  if (texts.length < 2) return texts.length === 0 ? undefined : texts
  return [...new Set(texts)]
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
    const known = flat(extra, loss, { isWanted: (name) => extraNames.has(name) })
    if (picked !== undefined || known !== undefined)
      audit[key] = { ...picked, ...(known === undefined ? {} : { extra: known }) }
  }
  addUser('user', user)
  addUser('impersonatedUser', impersonatedUser)
  const noted = notesOf(annotations)
  if (noted !== undefined) audit['annotations'] = noted
  return audit
}

/** The annotations that are mapped, under the keys of Elastic's integration, which has `_` for dots. */
function notesOf(annotations: unknown): Record<string, string> | undefined {
  const decision = someText(at(annotations, decisionKey))
  const reason = someText(at(annotations, reasonKey))
  if (decision === undefined && reason === undefined) return undefined
  return {
    ...(decision === undefined ? {} : { [decisionName]: decision }),
    ...(reason === undefined ? {} : { [reasonName]: reason }),
  }
}

/** Texts and lists of texts by keys that anybody may have chosen, without those that the server would refuse. */
function flat(
  value: unknown,
  loss: Loss,
  {
    isWanted = () => true,
    maxLength = Number.POSITIVE_INFINITY,
  }: { isWanted?: (key: string) => boolean; maxLength?: number },
): Record<string, unknown> | undefined {
  if (!isWireObject(value)) return undefined
  let kept: Record<string, unknown> | undefined
  for (const key of Object.keys(value)) {
    if (!isWanted(key)) continue
    const inner = value[key]
    const isTaken =
      key !== '' && key.length <= maxKeyLength && !key.includes('\0') && areTexts(inner, maxLength)
    // A key of this name would set the prototype.
    if (isTaken && key !== '__proto__') {
      kept ??= {}
      kept[key] = inner
    } else loss.any = true
  }
  return kept
}

function areTexts(value: unknown, maxLength: number): boolean {
  if (typeof value === 'string') return value.length <= maxLength
  return (
    Array.isArray(value) &&
    value.every((text) => typeof text === 'string' && text.length <= maxLength)
  )
}

function labelsOf(raw: AuditEvent['raw']): unknown {
  const ofBody = (key: string): unknown => at(at(at(raw, key), 'metadata'), 'labels')
  return ofBody('responseObject') ?? ofBody('requestObject')
}
