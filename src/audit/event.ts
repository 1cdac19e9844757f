import type { AuditEvent, CredentialStory, EventBatch, SearchedField } from '../contracts.ts'
import { parseTimeUs, timeUsOf } from '../util/time.ts'
import { EventIdentity, eventIdOf, type IdentityMembers, requestIdOf } from './identity.ts'
import { type InnerKey, innerKeyOf } from './inner-keys.ts'
import { ItemMembers, untold } from './item-members.ts'
import { isMember } from './item-sections.ts'
import { at, isWireObject, textOf, type WireObject } from './wire.ts'

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
 * counts as absent. Whatever follows from the object is computed when it is first asked for.
 */
export function toAuditEvent(raw: WireObject, context: EventContext): AuditEvent {
  return new NormalisedEvent(raw, context)
}

/** The same of an item of which only the members are decoded that somebody asks for. */
export function toItemEvent(members: ItemMembers, context: EventContext): AuditEvent {
  return new NormalisedEvent(members, context)
}

/** The event with what is told of its credential. */
export function withCredential(
  event: AuditEvent,
  credential: CredentialStory | undefined,
): AuditEvent {
  if (credential === undefined) return event
  return new NormalisedEvent(sourceOf(event), event, credential)
}

/** An object that has the member as `raw` has it, and perhaps not the others: cheaper than `raw`. */
export function objectWith(event: AuditEvent, key: string): WireObject {
  const source = sourceOf(event)
  return source instanceof ItemMembers ? source.with(key) : source
}

/** A member of the event's object. */
export function memberOf(event: AuditEvent, key: string): unknown {
  const known = knownMember(event, key)
  return known === untold ? at(objectWith(event, key), key) : known
}

/** The same if it is a text, number, boolean or null, or absent; or untold. */
export function knownMember(event: AuditEvent, key: string): unknown {
  const source = sourceOf(event)
  return source instanceof ItemMembers && isMember(key) ? source.top(key) : untold
}

/** The text of a field as the index tells it, undefined if it is absent; or untold. */
export function knownText(
  event: AuditEvent,
  field: SearchedField,
): string | undefined | typeof untold {
  const source = sourceOf(event)
  return source instanceof ItemMembers ? source.text(field) : untold
}

/** A text, number, boolean or null in an object of the event, without decoding that; or untold. */
export function knownScalar(event: AuditEvent, inner: InnerKey): unknown {
  const source = sourceOf(event)
  return source instanceof ItemMembers ? source.scalar(inner) : untold
}

/** A member of a member, unless the first is no object. */
export function innerOf(event: AuditEvent, parent: string, key: string): unknown {
  const inner = innerKeyOf(parent, key)
  const source = sourceOf(event)
  const known = inner !== undefined && source instanceof ItemMembers ? source.inner(inner) : untold
  return known === untold ? at(at(objectWith(event, parent), parent), key) : known
}

/** What tells an event from all others: what it knows already, else written into `scratch`, from the members that it takes. */
export function identityOf(event: AuditEvent, scratch: EventIdentity): EventIdentity {
  const known = event instanceof NormalisedEvent ? event.known : undefined
  if (known === undefined) writeIdentity(event, scratch)
  return known ?? scratch
}

function writeIdentity(event: AuditEvent, identity: EventIdentity): void {
  const source = sourceOf(event)
  const members =
    source instanceof ItemMembers ? membersOfItem(event, source) : membersOfObject(event, source)
  identity.write(members, event)
}

function membersOfItem(event: AuditEvent, item: ItemMembers): IdentityMembers {
  const username = item.peekText('user.username')
  const requestURI = item.peekText('requestURI')
  return {
    cluster: event.cluster,
    timeUs: event.timeUs,
    auditID: item.peek('auditID'),
    receivedTimestamp: item.peek('requestReceivedTimestamp') ?? item.peek('timestamp'),
    username: username === untold ? innerOf(event, 'user', 'username') : username,
    verb: item.peek('verb'),
    requestURI: requestURI === untold ? item.peek('requestURI') : requestURI,
    sourceIPs: item.peek('sourceIPs'),
    stage: item.peek('stage'),
    code: innerOf(event, 'responseStatus', 'code'),
    impersonatedUsername: item.isAbsent('impersonatedUser.username')
      ? undefined
      : innerOf(event, 'impersonatedUser', 'username'),
  }
}

/** The keys are none that every object inherits: what is there is its own. */
function membersOfObject({ cluster, timeUs }: AuditEvent, raw: WireObject): IdentityMembers {
  const { user, responseStatus, impersonatedUser } = raw
  return {
    cluster,
    timeUs,
    auditID: raw['auditID'],
    receivedTimestamp: raw['requestReceivedTimestamp'] ?? raw['timestamp'],
    username: isWireObject(user) ? user['username'] : undefined,
    verb: raw['verb'],
    requestURI: raw['requestURI'],
    sourceIPs: raw['sourceIPs'],
    stage: raw['stage'],
    code: isWireObject(responseStatus) ? responseStatus['code'] : undefined,
    impersonatedUsername: isWireObject(impersonatedUser) ? impersonatedUser['username'] : undefined,
  }
}

function sourceOf(event: AuditEvent): WireObject | ItemMembers {
  return event instanceof NormalisedEvent ? event.source : event.raw
}

class NormalisedEvent implements AuditEvent {
  readonly source: WireObject | ItemMembers
  readonly cluster: string
  readonly receivedAtMs: number
  readonly credential: CredentialStory | undefined
  #actor: string | undefined
  #ips: readonly string[] | undefined
  #id: string | undefined
  #requestId: string | undefined
  /** Since its id was asked for. */
  known: EventIdentity | undefined
  readonly #timeField: string | undefined
  #timeUs: number | undefined

  constructor(
    source: WireObject | ItemMembers,
    context: EventContext,
    credential?: CredentialStory,
  ) {
    this.source = source
    this.cluster = context.cluster
    this.receivedAtMs = context.receivedAtMs
    this.credential = credential
    this.#timeField = context.timeField
  }

  get raw(): WireObject {
    return this.source instanceof ItemMembers ? this.source.whole : this.source
  }

  get actor(): string {
    this.#actor ??= textOf(this.#username)
    return this.#actor
  }

  get effectiveUser(): string {
    const { source } = this
    if (source instanceof ItemMembers && source.isAbsent('impersonatedUser.username'))
      return this.actor
    return textOf(at(this.#member('impersonatedUser'), 'username')) || this.actor
  }

  get stage(): string {
    return textOf(this.#member('stage'))
  }

  get peerIp(): string {
    return this.#sourceIps.at(-1) ?? ''
  }

  get claimedIps(): readonly string[] {
    return this.#sourceIps.slice(0, -1)
  }

  get timeUs(): number {
    this.#timeUs ??= this.#indexedTimeUs || timeOf(this.raw, this.#timeField)
    return this.#timeUs
  }

  /** 0 where the index does not tell. */
  get #indexedTimeUs(): number {
    const { source } = this
    return this.#timeField === undefined && source instanceof ItemMembers ? source.timeUs : 0
  }

  get id(): string {
    this.#id ??= eventIdOf(this.#identity().words)
    return this.#id
  }

  get requestId(): string {
    // Of another kind than audit events, which all have an `auditID`: it is a request of its own.
    if (this.#member('auditID') === undefined) return this.id
    this.#requestId ??= requestIdOf(this.#identity().words)
    return this.#requestId
  }

  #identity(): EventIdentity {
    if (this.known === undefined) {
      this.known = new EventIdentity()
      writeIdentity(this, this.known)
    }
    return this.known
  }

  get #username(): unknown {
    const known = knownText(this, 'user.username')
    return known === untold ? at(this.#member('user'), 'username') : known
  }

  get #sourceIps(): readonly string[] {
    this.#ips ??= addressesIn(this.#member('sourceIPs'))
    return this.#ips
  }

  #member(key: string): unknown {
    return memberOf(this, key)
  }
}

/** The stage's time, else what older versions of the API carry, or the one in the field that is named; 0 if there is none. */
export function timeOf(raw: WireObject, timeField?: string): number {
  if (timeField !== undefined) return timeUsOf(valueAt(raw, timeField)) ?? 0
  return (
    timeIn(raw['stageTimestamp']) ??
    timeIn(raw['requestReceivedTimestamp']) ??
    timeIn(raw['timestamp']) ??
    timeIn(at(at(raw, 'metadata'), 'creationTimestamp')) ??
    0
  )
}

/** The literal key, else what stands at the end of the path. */
function valueAt(raw: WireObject, path: string): unknown {
  return at(raw, path) ?? path.split('.').reduce<unknown>(at, raw)
}

function timeIn(value: unknown): number | undefined {
  return typeof value === 'string' ? parseTimeUs(value) : undefined
}

function addressesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((ip) => typeof ip === 'string' && ip !== '') : []
}
