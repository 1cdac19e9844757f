import type { Candidates } from './candidates.ts'
import { Document, type Redaction } from './document.ts'
import { redactJsonIn, redactOrdinary } from './ordinary.ts'
import { redactMessage, redactShaped } from './shaped.ts'
import { isSecretiveResource, secretive } from './shapes.ts'
import type { Tape } from './tape.ts'
import { findInUndecoded, isSecretiveText } from './undecoded.ts'

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
  const keys = members.map((member) => event.key(member).toLowerCase())
  const isSecretive = members.some(
    (member, i) => keys[i] === 'objectref' && refersToSecrets(event, member),
  )
  for (const [i, member] of members.entries()) {
    event.cutPatternsOfKey(member)
    redactMember(event, member, keys[i]!, isSecretive)
  }
  return event.edits.isEmpty ? undefined : event.edits.apply(bytes, start, end)
}

function redactMember(event: Document, member: number, key: string, isSecretive: boolean): void {
  switch (key) {
    case 'requesturi':
      if (event.isString(member)) event.cutInUrl(member)
      else event.cutPatternsBelow(member)
      break
    case 'requestobject':
    case 'responseobject':
      redactBody(event, member, isSecretive)
      break
    case 'responsestatus':
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
    if (isSecretive && event.key(member).toLowerCase() === 'message') redactMessage(event, member)
    else event.cutPatternsBelow(member)
  }
}

/** A key that is there twice counts twice. */
function refersToSecrets(event: Document, objectRef: number): boolean {
  const texts = (wanted: string): readonly string[] => [
    '',
    ...event
      .children(objectRef)
      .filter((child) => event.key(child).toLowerCase() === wanted)
      .map((child) => event.text(child).bytes),
  ]
  return texts('resource').some((resource) =>
    texts('subresource').some((subresource) => isSecretiveResource(resource, subresource)),
  )
}
