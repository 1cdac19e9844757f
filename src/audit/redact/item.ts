import type { Document } from './document.ts'
import {
  BODY,
  MESSAGE,
  OBJECT_REF,
  REQUEST_URI,
  RESOURCE,
  RESPONSE_STATUS,
  SUBRESOURCE,
} from './event-keys.ts'
import { redactJsonIn, redactOrdinary } from './ordinary.ts'
import { redactMessage, redactShaped } from './shaped.ts'
import { isSecretiveResource, secretive } from './shapes.ts'
import { findInUndecoded, isSecretiveText } from './undecoded.ts'

/**
 * Takes out of one audit event everything that has to go. Keys are found whatever their order, number and case: the API server
 * writes each once and as it should be, but not everything comes from there.
 */
export function redactEvent(event: Document): void {
  const end = event.next(0)
  let isSecretive = false
  for (let member = 1; member < end; member = event.next(member)) {
    if (event.eventKey(member) === OBJECT_REF) isSecretive ||= refersToSecrets(event, member)
  }
  for (let member = 1; member < end; member = event.next(member)) {
    event.cutPatternsOfKey(member)
    redactMember(event, member, event.eventKey(member), isSecretive)
  }
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
    if (isSecretive && event.eventKey(member) === MESSAGE) redactMessage(event, member)
    else event.cutPatternsBelow(member)
  }
}

/** A key that is there twice counts twice. */
function refersToSecrets(event: Document, objectRef: number): boolean {
  const resources = ['']
  const subresources = ['']
  for (const child of event.children(objectRef)) {
    const meaning = event.eventKey(child)
    if (meaning === RESOURCE) resources.push(event.text(child).bytes)
    else if (meaning === SUBRESOURCE) subresources.push(event.text(child).bytes)
  }
  return resources.some((resource) =>
    subresources.some((subresource) => isSecretiveResource(resource, subresource)),
  )
}
