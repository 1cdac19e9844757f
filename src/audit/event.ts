import type { AuditEvent, CredentialStory, EventBatch } from '../contracts.ts'
import { parseTimeUs, timeUsOf } from '../util/time.ts'
import { EventIdentity, eventIdOf, requestIdOf } from './identity.ts'
import { at, textOf, type WireObject } from './wire.ts'

export interface EventContext {
  readonly cluster: string
  readonly receivedAtMs: number
  /** The key, or the path to it, that holds the time of objects of another kind. Absent: the times of audit events. */
  readonly timeField?: string | undefined
}

/** One item of a batch, decoded. */
export function decodeItem(batch: EventBatch, i: number): WireObject {
  const { bytes, index } = batch
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8', index.starts[i], index.ends[i])
  // A batch holds only what the splitter took: valid JSON, and each an object.
  return JSON.parse(text) as WireObject
}

/**
 * The event of an `audit.k8s.io` object of any version. Never throws for content: what is missing or of another type
 * counts as absent. Ids and time are computed when they are first asked for.
 */
export function toAuditEvent(raw: WireObject, context: EventContext): AuditEvent {
  return new NormalisedEvent(raw, context)
}

/** The event with what is told of its credential. */
export function withCredential(
  event: AuditEvent,
  credential: CredentialStory | undefined,
): AuditEvent {
  return credential === undefined ? event : new NormalisedEvent(event.raw, event, credential)
}

class NormalisedEvent implements AuditEvent {
  readonly raw: WireObject
  readonly cluster: string
  readonly receivedAtMs: number
  readonly actor: string
  readonly effectiveUser: string
  readonly stage: string
  readonly peerIp: string
  readonly claimedIps: readonly string[]
  readonly credential: CredentialStory | undefined
  #id: string | undefined
  #requestId: string | undefined
  #known: EventIdentity | undefined
  readonly #timeField: string | undefined
  #timeUs: number | undefined

  constructor(raw: WireObject, context: EventContext, credential?: CredentialStory) {
    this.raw = raw
    this.cluster = context.cluster
    this.receivedAtMs = context.receivedAtMs
    this.credential = credential
    this.#timeField = context.timeField
    this.actor = textOf(at(at(raw, 'user'), 'username'))
    this.effectiveUser = textOf(at(at(raw, 'impersonatedUser'), 'username')) || this.actor
    this.stage = textOf(at(raw, 'stage'))
    const sourceIps = sourceIpsOf(raw)
    this.peerIp = sourceIps.at(-1) ?? ''
    this.claimedIps = sourceIps.slice(0, -1)
  }

  get timeUs(): number {
    this.#timeUs ??= timeOf(this.raw, this.#timeField)
    return this.#timeUs
  }

  get id(): string {
    this.#id ??= eventIdOf(this.#identity().words)
    return this.#id
  }

  get requestId(): string {
    // Of another kind than audit events, which all have an `auditID`: it is a request of its own.
    if (this.raw['auditID'] === undefined) return this.id
    this.#requestId ??= requestIdOf(this.#identity().words)
    return this.#requestId
  }

  #identity(): EventIdentity {
    if (this.#known === undefined) {
      this.#known = new EventIdentity()
      this.#known.write(this)
    }
    return this.#known
  }
}

/** The stage's time, else what older versions of the API carry, or the one in the field that is named; 0 if there is none. */
export function timeOf(raw: WireObject, timeField?: string): number {
  if (timeField !== undefined) return timeUsOf(valueAt(raw, timeField)) ?? 0
  return (
    timeAt(raw, 'stageTimestamp') ??
    timeAt(raw, 'requestReceivedTimestamp') ??
    timeAt(raw, 'timestamp') ??
    timeAt(at(raw, 'metadata'), 'creationTimestamp') ??
    0
  )
}

/** The literal key, else what stands at the end of the path. */
function valueAt(raw: WireObject, path: string): unknown {
  return at(raw, path) ?? path.split('.').reduce<unknown>(at, raw)
}

function timeAt(object: unknown, key: string): number | undefined {
  const value = at(object, key)
  return typeof value === 'string' ? parseTimeUs(value) : undefined
}

function sourceIpsOf(raw: WireObject): readonly string[] {
  const value = at(raw, 'sourceIPs')
  return Array.isArray(value) ? value.filter((ip) => typeof ip === 'string' && ip !== '') : []
}
