import { TextMemo } from './text-memo.ts'

const SLOTS = 1024
const maxBytes = 40

/** Makes texts of bytes; of short ones that recur the same text again, without making it anew. */
export class TextPool {
  /** Values of JSON that recur: reasons, messages, addresses, users. */
  readonly values = new TextMemo<unknown>({ slotBits: 9, maxBytes: 512 })
  readonly #longTexts = new TextMemo<string>({ slotBits: 10, maxBytes: 192 })
  readonly #texts: string[] = Array.from({ length: SLOTS }, () => '')

  /** `bytes` and `view` are the same. */
  text(bytes: Buffer, view: DataView, start: number, end: number): string {
    const length = end - start
    if (length === 0) return ''
    if (length > maxBytes) return this.#longText(bytes, view, start, end)
    const middle = bytes[start + (length >> 1)]!
    const slot =
      (length * 31 + bytes[start]! * 7 + middle * 131 + bytes[end - 1]! * 517) & (SLOTS - 1)
    const known = this.#texts[slot]!
    if (known.length === length && isText(known, bytes, start)) return known
    const text = bytes.toString('utf8', start, end)
    this.#texts[slot] = text
    return text
  }

  #longText(bytes: Buffer, view: DataView, start: number, end: number): string {
    const known = this.#longTexts
    if (known.find(view, start, end - start)) return known.answer
    const text = bytes.toString('utf8', start, end)
    known.keep(view, start, end - start, text)
    return text
  }
}

/** Of as many bytes as the text has characters; only texts of ASCII are. */
function isText(text: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false
  return true
}
