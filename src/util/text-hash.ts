import { TextBytes } from './text-bytes.ts'

/**
 * 64 bits of a list of texts and other values: the state of HalfSipHash-1-3, folded, over four characters at a time, its key a constant, so that
 * hashes are the same everywhere. For telling apart what is not chosen by anybody as a whole: no substitute for SHA-256.
 * Every value goes in with its type and length: no two different lists are the same input.
 */
export class TextHash {
  #a = 0
  #b = 0
  #c = 0
  #d = 0

  begin(): void {
    this.#a = 0x6b75_6265
    this.#b = 0x7769_746e
    this.#c = 0x1210_1210
    this.#d = 0x1b0c_0c0c
  }

  /** What JSON has, or undefined. All but texts and whole numbers count by their JSON. */
  add(value: unknown): void {
    if (typeof value === 'string') this.#addText(value, 1)
    else if (value instanceof TextBytes) this.#addBytes(value, 1)
    else if (value === undefined) this.#mix(0)
    else if (Number.isSafeInteger(value)) this.#addNumber(Number(value))
    else this.#addText(JSON.stringify(value), 2)
  }

  /** The hash of all that was added, as two words. What is added then is added to that. */
  finish(words: Uint32Array, at: number): void {
    this.#c ^= 0xee
    for (let i = 0; i < 3; i++) this.#round()
    words[at] = this.#b ^ this.#d
    words[at + 1] = this.#a ^ this.#c
  }

  #addNumber(number: number): void {
    this.#mix(3)
    this.#mix(number | 0)
    this.#mix(Math.floor(number / 0x1_0000_0000))
  }

  #addText(text: string, type: number): void {
    const { length } = text
    this.#mix((length << 2) | type)
    let wide = 0
    let at = 0
    for (; at + 4 <= length; at += 4) {
      const first = text.charCodeAt(at)
      const second = text.charCodeAt(at + 1)
      const third = text.charCodeAt(at + 2)
      const fourth = text.charCodeAt(at + 3)
      wide |= first | second | third | fourth
      this.#mix(first | (second << 8) | (third << 16) | (fourth << 24))
    }
    if (at < length) {
      let rest = 0
      for (let bits = 0; at < length; at++, bits += 8) {
        const code = text.charCodeAt(at)
        wide |= code
        rest |= code << bits
      }
      this.#mix(rest)
    }
    if (wide > 0xff) this.#addWide(text)
  }

  /** As the text would be added. */
  #addBytes({ view, start, end }: TextBytes, type: number): void {
    this.#mix(((end - start) << 2) | type)
    let at = start
    for (; at + 4 <= end; at += 4) this.#mix(view.getInt32(at, true))
    if (at === end) return
    let rest = 0
    for (let bits = 0; at < end; at++, bits += 8) rest |= view.getUint8(at) << bits
    this.#mix(rest)
  }

  /** Of a text with characters of more than a byte, all of them once more, whole. */
  #addWide(text: string): void {
    for (let at = 0; at < text.length; at++) this.#mix(text.charCodeAt(at))
  }

  #mix(word: number): void {
    this.#d ^= word
    this.#round()
    this.#a ^= word
  }

  #round(): void {
    let a = this.#a
    let b = this.#b
    let c = this.#c
    let d = this.#d
    a = (a + b) | 0
    b = ((b << 5) | (b >>> 27)) ^ a
    a = (a << 16) | (a >>> 16)
    c = (c + d) | 0
    d = ((d << 8) | (d >>> 24)) ^ c
    a = (a + d) | 0
    d = ((d << 7) | (d >>> 25)) ^ a
    c = (c + b) | 0
    b = ((b << 13) | (b >>> 19)) ^ c
    c = (c << 16) | (c >>> 16)
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
  }
}
