import { predicatesOn } from './known-predicates.ts'
import { textOf } from './wire.ts'

const uriCharacters = 1000
const agentCharacters = 500

/** Whether a client fills the audit stream with its address or its name. */
export function isOversized(requestUri: unknown, userAgent: unknown): boolean {
  return textOf(requestUri).length >= uriCharacters || textOf(userAgent).length >= agentCharacters
}

export const oversizedBit = predicatesOn('isOversized')

/** Where less is told of an item, it is surely none: redaction puts markers in, which may be longer than what they are for. */
const shareOfBytes = 0.5
/** From so many bytes on an item may be oversized. */
export const longUriBytes = uriCharacters * shareOfBytes
export const longAgentBytes = agentCharacters * shareOfBytes
