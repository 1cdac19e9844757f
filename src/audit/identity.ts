import { hash } from 'node:crypto'
import type { AuditEvent } from '../contracts.ts'
import { TextBytes } from '../util/text-bytes.ts'
import { TextHash } from '../util/text-hash.ts'
import { withoutHashes } from './redact/marker.ts'

/** Where in the words of an identity its parts begin. */
export const auditIdAt = 0
export const requestAt = 4
export const stageAt = 6
export const identityLength = 8

/** Of a character code: what it is as a hexadecimal digit in lower case; -1 when it is none. */
const digits = Int8Array.from({ length: 256 }, (_, code) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(code)),
)

/** What an identity is made of: members of the event as they stand there; texts may be `TextBytes`. */
export interface IdentityMembers {
  readonly cluster: string
  readonly timeUs: number
  readonly auditID: unknown
  readonly receivedTimestamp: unknown
  readonly username: unknown
  readonly verb: unknown
  readonly requestURI: unknown
  readonly sourceIPs: unknown
  readonly stage: unknown
  readonly code: unknown
  readonly impersonatedUsername: unknown
}

/**
 * What tells one event from all others, as words: four of its audit id, two of its request, two of its stage. All stages of a
 * request have the same first six.
 *
 * Windows take in very many events of which nobody is ever told, so no cryptography is in it where the audit id is a UUID, as
 * API servers and nearly all clients have it. Clients choose audit ids and much of the rest, but not the microseconds at
 * which the API server received the request and wrote the event: these go into the 64 bits of the request and those of
 * the stage, first, so that nobody knows what to look for when they look for two events that are the same.
 */
export class EventIdentity {
  readonly words = new Uint32Array(identityLength)
  /** The audit id can be read back from its words. */
  isUuid = false
  readonly #hash = new TextHash()

  /** `whole` is asked for the content of an event without an audit id alone. */
  write(members: IdentityMembers, whole: AuditEvent): void {
    const { words } = this
    const { auditID } = members
    this.isUuid = isText(auditID) && writeUuid(auditID, words)
    // Of another kind than audit events, which all have an `auditID`: it is a request of its own, and its whole content says which.
    if (auditID === undefined) writeDigest(whole.raw, words)
    else if (!this.isUuid) writeDigest(auditID, words)
    const hash = this.#hash
    hash.begin()
    hash.add(members.receivedTimestamp)
    hash.add(members.cluster)
    hash.add(members.username)
    hash.add(members.verb)
    hash.add(withoutHashesIn(members.requestURI))
    addAddresses(hash, members.sourceIPs)
    hash.finish(words, requestAt)
    hash.add(members.timeUs)
    hash.add(members.stage)
    hash.add(members.code)
    // Not of the request: it is missing at RequestReceived.
    hash.add(members.impersonatedUsername)
    hash.finish(words, stageAt)
  }
}

/** The id of the event of these words: 32 hexadecimal digits of SHA-256. */
export function eventIdOf(words: Uint32Array): string {
  return digestOf(words)
}

/** The same of its request. */
export function requestIdOf(words: Uint32Array): string {
  return digestOf(words.subarray(0, stageAt))
}

/** The audit id of words that hold a UUID. */
export function uuidOf(words: Uint32Array): string {
  const second = hexOf(words[1]!)
  const third = hexOf(words[2]!)
  return `${hexOf(words[0]!)}-${second.slice(0, 4)}-${second.slice(4)}-${third.slice(0, 4)}-${third.slice(4)}${hexOf(words[3]!)}`
}

function hexOf(word: number): string {
  return word.toString(16).padStart(8, '0')
}

/** The same on every machine, whatever the order of its bytes. */
function digestOf(words: Uint32Array): string {
  const bytes = Buffer.alloc(words.length * 4)
  for (let i = 0; i < words.length; i++) bytes.writeUInt32BE(words[i]!, i * 4)
  return hash('sha256', bytes, 'hex').slice(0, 32)
}

/** In lower case, as all but odd audit ids are. False when it is something else; what is written then has no meaning. */
function writeUuid(text: string | TextBytes, words: Uint32Array): boolean {
  if (text.length !== 36) return false
  for (let i = 0; i < hyphens.length; i++) if (text.charCodeAt(hyphens[i]!) !== 0x2d) return false
  let invalid = 0
  for (let i = 0; i < 4; i++) {
    const high = halfAt(text, halves[i * 2]!)
    const low = halfAt(text, halves[i * 2 + 1]!)
    invalid |= high | low
    words[auditIdAt + i] = (high << 16) | low
  }
  return invalid >= 0
}

const hyphens = [8, 13, 18, 23]
/** Where in a UUID the half words stand. */
const halves = [0, 4, 9, 14, 19, 24, 28, 32]

/** Four hexadecimal digits as a number; below zero when they are none. */
function halfAt(text: string | TextBytes, at: number): number {
  return (
    (digitAt(text, at) << 12) |
    (digitAt(text, at + 1) << 8) |
    (digitAt(text, at + 2) << 4) |
    digitAt(text, at + 3)
  )
}

function digitAt(text: string | TextBytes, at: number): number {
  const code = text.charCodeAt(at)
  return code < 256 ? digits[code]! : -1
}

function writeDigest(value: unknown, words: Uint32Array): void {
  // A lone surrogate has no UTF-8, but an escape in JSON.
  const digest = Buffer.from(hash('sha256', JSON.stringify(value), 'hex'), 'hex')
  for (let i = 0; i < 4; i++) words[auditIdAt + i] = digest.readUInt32BE(i * 4)
}

/** Nearly all have one. */
function addAddresses(hash: TextHash, addresses: unknown): void {
  const isOne = Array.isArray(addresses) && addresses.length === 1
  if (isOne && isText(addresses[0])) hash.add(addresses[0])
  else hash.add(addresses === undefined ? undefined : [addresses])
}

/** Ids are the same wherever a secret was taken out. */
function withoutHashesIn(uri: unknown): unknown {
  if (uri instanceof TextBytes && !hasColon(uri)) return uri
  return isText(uri) ? withoutHashes(uri.toString()) : uri
}

/** A marker has one. */
function hasColon(text: TextBytes): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) === 0x3a) return true
  return false
}

function isText(value: unknown): value is string | TextBytes {
  return typeof value === 'string' || value instanceof TextBytes
}
