import { hash } from 'node:crypto'

/** 128 bits of a text as four words: its own hexadecimal digits when it has 32 of them, else what it hashes to. */
export function wordsOf(text: string): { readonly words: Words; readonly isHex: boolean } {
  const words = hexWords(text)
  if (words !== undefined) return { words, isHex: true }
  return { words: hashedWords(text), isHex: false }
}

export type Words = readonly [number, number, number, number]

/** 128 bits of SHA-256: nobody finds two texts that count as one. */
export function hashedWords(text: string): Words {
  return hexWords(hash('sha256', text, 'hex').slice(0, 32)) ?? [0, 0, 0, 0]
}

export function hexOf(words: ArrayLike<number>, at: number): string {
  let text = ''
  for (let i = 0; i < 4; i++) text += words[at + i]!.toString(16).padStart(8, '0')
  return text
}

function hexWords(text: string): Words | undefined {
  if (text.length !== 32) return undefined
  const a = hexWord(text, 0)
  const b = hexWord(text, 8)
  const c = hexWord(text, 16)
  const d = hexWord(text, 24)
  return a < 0 || b < 0 || c < 0 || d < 0 ? undefined : [a, b, c, d]
}

/** Eight lower-case hexadecimal digits as an unsigned number; -1 when they are none. */
function hexWord(text: string, from: number): number {
  let value = 0
  for (let i = from; i < from + 8; i++) {
    const code = text.charCodeAt(i)
    const digit = code >= 0x30 && code <= 0x39 ? code - 0x30 : code - 0x57
    if (digit < 0 || digit > 15 || (code > 0x39 && code < 0x61)) return -1
    value = value * 16 + digit
  }
  return value
}

/** 64 bits of a value. */
export type ValueWords = readonly [high: number, low: number]

/** The words of a UUID in lower case, as all but odd audit ids are. */
export function uuidWords(text: string): Words | undefined {
  if (text.length !== 36) return undefined
  for (const place of [8, 13, 18, 23]) if (text[place] !== '-') return undefined
  return hexWords(
    text.slice(0, 8) + text.slice(9, 13) + text.slice(14, 18) + text.slice(19, 23) + text.slice(24),
  )
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
