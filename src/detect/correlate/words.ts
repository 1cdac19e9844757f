import { hash } from 'node:crypto'

/**
 * Writes 32 hexadecimal digits of a text, from a place on, as four words, or fewer. False when they are none, or in upper
 * case; what is written then has no meaning. Hyphens are passed over.
 */
function writeHex(text: string, words: Uint32Array, at: number, count: number): boolean {
  let from = 0
  for (let i = 0; i < count; i++) {
    let word = 0
    for (let left = 8; left > 0; from++) {
      const code = text.charCodeAt(from)
      if (code === 0x2d) continue
      const digit = code < 0x3a ? code - 0x30 : code - 0x57
      if (digit < 0 || digit > 15 || (code >= 0x3a && code < 0x61)) return false
      word = (word << 4) | digit
      left -= 1
    }
    words[at + i] = word
  }
  return true
}

/**
 * Writes a text as 128 bits, or the first 64 of them: its own hexadecimal digits when it has 32 of them, else what it
 * hashes to. Returns whether it can be read back from all four words.
 */
function writeWords(text: string, words: Uint32Array, at: number, count: 2 | 4): boolean {
  if (text.length === 32 && text.indexOf('-') < 0 && writeHex(text, words, at, count)) return true
  writeHex(sha(text), words, at, count)
  return false
}

/** Writes a UUID in lower case, as all but odd audit ids are. */
function writeUuid(text: string, words: Uint32Array, at: number): boolean {
  if (text.length !== 36) return false
  for (const place of hyphens) if (text.charCodeAt(place) !== 0x2d) return false
  return writeHex(text, words, at, 4) && text.lastIndexOf('-') === hyphens.at(-1)
}

const hyphens = [8, 13, 18, 23]

/** 64 bits of a value. */
export type ValueWords = readonly [high: number, low: number]

/** Of SHA-256: nobody finds two texts that count as one. */
export function valueWords(text: string): ValueWords {
  const words = new Uint32Array(2)
  writeHex(sha(text), words, 0, 2)
  return [words[0]!, words[1]!]
}

export function hexOf(words: ArrayLike<number>, at: number): string {
  let text = ''
  for (let i = 0; i < 4; i++) text += words[at + i]!.toString(16).padStart(8, '0')
  return text
}

export function uuidOf(words: ArrayLike<number>, at: number): string {
  const hex = hexOf(words, at)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}

/** The ids of an event as words: for all rules that it is an observation of. */
export interface IdWords {
  /** Four of the id, four of the audit id, two of the request. */
  readonly words: Uint32Array
  /** The id can be read back from its words. */
  readonly isHex: boolean
  readonly isUuid: boolean
}

export function idWords(id: string, auditID: string, requestId: string): IdWords {
  const words = new Uint32Array(10)
  const isHex = writeWords(id, words, 0, 4)
  const isUuid = writeUuid(auditID, words, 4)
  if (!isUuid) words.fill(0, 4, 8)
  writeWords(requestId, words, 8, 2)
  return { words, isHex, isUuid }
}

function sha(text: string): string {
  return hash('sha256', text, 'hex')
}
