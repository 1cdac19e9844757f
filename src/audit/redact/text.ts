/**
 * A piece of text as a byte string (one character a byte, so that places are bytes), which remembers where each of its
 * bytes stood in the encoded form that it came from: what is found in the text is cut out there.
 */
export interface Text {
  readonly bytes: string
  /** Where the text begins in the encoded form, when nothing in it was escaped. */
  readonly base: number
  /** Else the place of every byte, and of the end. */
  readonly places: Uint32Array | undefined
}

/** The place in the encoded form of the byte number `i`, which may be the end. */
export function placeOf(text: Text, i: number): number {
  return text.places === undefined ? text.base + i : text.places[i]!
}

const BACKSLASH = 0x5c
const simpleEscapes: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
])

/** The text of a JSON string that is known to be valid: the bytes between the quotes, unescaped to UTF-8. */
export function jsonText(bytes: Buffer, start: number, end: number): Text {
  if (!hasBackslash(bytes, start, end)) {
    return { bytes: bytes.toString('latin1', start, end), base: start, places: undefined }
  }
  const writer = new TextWriter(end - start)
  let i = start
  while (i < end) {
    if (bytes[i] !== BACKSLASH) {
      writer.put(bytes[i]!, i)
      i++
      continue
    }
    const escaped = bytes[i + 1]!
    if (escaped !== 0x75) {
      writer.put(simpleEscapes.get(escaped) ?? escaped, i)
      i += 2
      continue
    }
    let code = codeUnitAt(bytes, i)
    let length = 6
    if (isHighSurrogate(code) && bytes[i + 6] === BACKSLASH && bytes[i + 7] === 0x75) {
      const low = codeUnitAt(bytes, i + 6)
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
        length = 12
      }
    }
    writer.putCodePoint(code, i)
    i += length
  }
  return writer.finish(end)
}

/** Most texts are short, and a native search costs more than a few steps. */
function hasBackslash(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > 256) return bytes.subarray(start, end).indexOf(BACKSLASH) >= 0
  for (let i = start; i < end; i++) {
    if (bytes[i] === BACKSLASH) return true
  }
  return false
}

/**
 * One level of percent encoding taken away, and `+` as a space if it stands for one. Undefined if there is nothing to take away.
 * Malformed escapes stay as they are.
 */
export function percentDecoded(text: Text, plus: 'plus' | 'space'): Text | undefined {
  const source = text.bytes
  const hasPlus = plus === 'space' && source.includes('+')
  if (!hasPlus && !/%[0-9a-fA-F]{2}/.test(source)) return undefined
  const writer = new TextWriter(source.length)
  for (let i = 0; i < source.length; i++) {
    const place = placeOf(text, i)
    const code = source.charCodeAt(i)
    const value = code === 0x25 ? hexPair(source, i + 1) : -1
    if (value >= 0) {
      writer.put(value, place)
      i += 2
    } else writer.put(hasPlus && code === 0x2b ? 0x20 : code, place)
  }
  return writer.finish(placeOf(text, source.length))
}

class TextWriter {
  readonly #bytes: Buffer
  readonly #places: Uint32Array
  #length = 0

  constructor(maxBytes: number) {
    this.#bytes = Buffer.allocUnsafe(maxBytes)
    this.#places = new Uint32Array(maxBytes + 1)
  }

  put(byte: number, place: number): void {
    this.#bytes[this.#length] = byte
    this.#places[this.#length++] = place
  }

  /** As UTF-8; half of a pair too, in the three bytes that it would have. */
  putCodePoint(code: number, place: number): void {
    if (code < 0x80) this.put(code, place)
    else if (code < 0x800) {
      this.put(0xc0 | (code >> 6), place)
      this.put(0x80 | (code & 0x3f), place)
    } else {
      if (code < 0x10000) this.put(0xe0 | (code >> 12), place)
      else {
        this.put(0xf0 | (code >> 18), place)
        this.put(0x80 | ((code >> 12) & 0x3f), place)
      }
      this.put(0x80 | ((code >> 6) & 0x3f), place)
      this.put(0x80 | (code & 0x3f), place)
    }
  }

  finish(end: number): Text {
    this.#places[this.#length] = end
    return { bytes: this.#bytes.toString('latin1', 0, this.#length), base: 0, places: this.#places }
  }
}

function codeUnitAt(bytes: Buffer, i: number): number {
  return Number.parseInt(bytes.toString('latin1', i + 2, i + 6), 16)
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

function hexPair(text: string, i: number): number {
  const high = hexDigit(text.charCodeAt(i))
  const low = hexDigit(text.charCodeAt(i + 1))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

/** -1 for everything else, the NaN behind the end too. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
