import type { Candidates } from './candidates.ts'
import { Document, type Redaction } from './document.ts'
import { redactJsonIn, redactOrdinary } from './ordinary.ts'
import { redactMessage, redactShaped } from './shaped.ts'
import { isSecretiveResource, secretive } from './shapes.ts'
import type { Tape } from './tape.ts'
import { findInUndecoded, isSecretiveText } from './undecoded.ts'

const REQUEST_URI = 1
const BODY = 2
const RESPONSE_STATUS = 3
const OBJECT_REF = 4
const RESOURCE = 5
const SUBRESOURCE = 6
const MESSAGE = 7

const knownKeys: ReadonlyMap<string, number> = new Map([
  ['requesturi', REQUEST_URI],
  ['requestobject', BODY],
  ['responseobject', BODY],
  ['responsestatus', RESPONSE_STATUS],
  ['objectref', OBJECT_REF],
  ['resource', RESOURCE],
  ['subresource', SUBRESOURCE],
  ['message', MESSAGE],
])

/** Which of the keys of an event and its members it is that redaction knows, in any case; 0: none of them. */
export function meaningOfKey(key: string): number {
  return knownKeys.get(key.toLowerCase()) ?? 0
}

/**
 * Everything that has to go from one audit event; undefined if nothing has. Keys are found whatever their order, number
 * and case: the API server writes each once and as it should be, but not everything comes from there.
 */
export function redactEvent(
  redaction: Redaction,
  bytes: Buffer,
  start: number,
  end: number,
  candidates: Candidates,
  tape: Tape,
): Uint8Array | undefined {
  tape.read(bytes, start, end)
  const event = new Document(redaction, bytes, candidates, tape, 0)
  const members = event.children(0)
  const meanings = members.map((member) => event.keyMeaning(member))
  const isSecretive = members.some(
    (member, i) => meanings[i] === OBJECT_REF && refersToSecrets(event, member),
  )
  for (const [i, member] of members.entries()) {
    event.cutPatternsOfKey(member)
    redactMember(event, member, meanings[i]!, isSecretive)
  }
  return event.edits.isEmpty ? undefined : event.edits.apply(bytes, start, end)
}

function redactMember(
  event: Document,
  member: number,
  meaning: number,
  isSecretive: boolean,
): void {
  switch (meaning) {
    case REQUEST_URI:
      if (event.isString(member)) event.cutInUrl(member)
      else event.cutPatternsBelow(member)
      break
    case BODY:
      redactBody(event, member, isSecretive)
      break
    case RESPONSE_STATUS:
      redactStatus(event, member, isSecretive)
      break
    default:
      event.cutPatternsBelow(member)
  }
}

function redactBody(event: Document, body: number, isSecretive: boolean): void {
  if (isSecretive) redactShaped(event, body, secretive)
  else if (event.isString(body)) redactTextBody(event, body)
  else redactOrdinary(event, body)
}

/** A body that the API server could not take for an object: what it is, only its text says. */
function redactTextBody(event: Document, body: number): void {
  if (redactJsonIn(event, body)) return
  const text = event.text(body)
  const spans = isSecretiveText(text.bytes)
    ? [{ start: 0, end: text.bytes.length }]
    : findInUndecoded(text.bytes)
  event.cutSpans(text, spans, 'body')
}

function redactStatus(event: Document, status: number, isSecretive: boolean): void {
  for (const member of event.children(status)) {
    if (isSecretive && event.keyMeaning(member) === MESSAGE) redactMessage(event, member)
    else event.cutPatternsBelow(member)
  }
}

/** A key that is there twice counts twice. */
function refersToSecrets(event: Document, objectRef: number): boolean {
  const resources = ['']
  const subresources = ['']
  for (const child of event.children(objectRef)) {
    const meaning = event.keyMeaning(child)
    if (meaning === RESOURCE) resources.push(event.text(child).bytes)
    else if (meaning === SUBRESOURCE) subresources.push(event.text(child).bytes)
  }
  return resources.some((resource) =>
    subresources.some((subresource) => isSecretiveResource(resource, subresource)),
  )
}
