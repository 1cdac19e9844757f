import { hash } from 'node:crypto'
import type { AuditEvent, CredentialStory, EventBatch } from '../contracts.ts'
import { parseTimeUs, timeUsOf } from '../util/time.ts'
import { withoutHashes } from './redact/marker.ts'
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
    if (this.#isNameless) return this.requestId
    this.#id ??= digest([
      this.requestId,
      at(at(this.raw, 'impersonatedUser'), 'username'),
      at(this.raw, 'stage'),
      this.#timeField === undefined ? at(this.raw, 'stageTimestamp') : this.timeUs,
      at(at(this.raw, 'responseStatus'), 'code'),
    ])
    return this.#id
  }

  get requestId(): string {
    this.#requestId ??= digest(this.#isNameless ? [this.cluster, this.raw] : this.#requestFields())
    return this.#requestId
  }

  /** Of another kind than audit events, which all have an `auditID`: it is a request of its own, and its whole content says which. */
  get #isNameless(): boolean {
    return at(this.raw, 'auditID') === undefined
  }

  /** What all stages of one request have in common: not the impersonated user, who is missing at RequestReceived. */
  #requestFields(): unknown[] {
    const { raw } = this
    return [
      this.cluster,
      at(raw, 'auditID'),
      at(raw, 'requestReceivedTimestamp') ?? at(raw, 'timestamp'),
      at(at(raw, 'user'), 'username'),
      at(raw, 'verb'),
      withoutHashesIn(at(raw, 'requestURI')),
      at(raw, 'sourceIPs'),
    ]
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

/** Ids are the same wherever a secret was taken out. */
function withoutHashesIn(uri: unknown): unknown {
  return typeof uri === 'string' ? withoutHashes(uri) : uri
}

function sourceIpsOf(raw: WireObject): readonly string[] {
  const value = at(raw, 'sourceIPs')
  return Array.isArray(value) ? value.filter((ip) => typeof ip === 'string' && ip !== '') : []
}

/**
 * SHA-256 over the fields, cut to 32 hex digits. Every field is told by type and length, so that no two different
 * lists of fields give the same text.
 */
function digest(fields: readonly unknown[]): string {
  let text = ''
  for (const field of fields) {
    if (field === undefined) text += '-'
    // A lone surrogate has no UTF-8, but an escape in JSON.
    else if (typeof field === 'string' && field.isWellFormed()) text += `s${field.length}:${field}`
    else {
      const json = JSON.stringify(field)
      text += `j${json.length}:${json}`
    }
  }
  return hash('sha256', text, 'hex').slice(0, 32)
}
