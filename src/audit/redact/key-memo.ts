import { jsonText } from './text.ts'

const slots = 2048
const slotBytes = 64
const mix = 0x9e3779b1

/** What keys mean, as a number, found for each once: it remembers the last keys, and bodies repeat a few hundred. */
export class KeyMemo {
  readonly #meaningOf: (key: string) => number
  /** Of the key in each slot; the length is 0 in one that was never used, and the key then empty, too. */
  readonly #meanings = new Int32Array(slots)
  readonly #lengths = new Uint8Array(slots)
  readonly #keys = Buffer.alloc(slots * slotBytes)
  readonly #keysView = new DataView(this.#keys.buffer, this.#keys.byteOffset)

  /** `meaningOf` takes the key unescaped, as a byte string. */
  constructor(meaningOf: (key: string) => number) {
    this.#meaningOf = meaningOf
  }

  /** Of the key between its quotes, escapes and all. */
  of(bytes: Buffer, view: DataView, start: number, end: number): number {
    const length = end - start
    if (length === 0 || length > slotBytes) return this.#meaning(bytes, start, end)
    const slot = slotOf(view, start, end)
    const at = slot * slotBytes
    if (this.#lengths[slot] === length && isSame(this.#keysView, at, view, start, length))
      return this.#meanings[slot]!
    const meaning = this.#meaning(bytes, start, end)
    this.#lengths[slot] = length
    this.#meanings[slot] = meaning
    bytes.copy(this.#keys, at, start, end)
    return meaning
  }

  #meaning(bytes: Buffer, start: number, end: number): number {
    return this.#meaningOf(jsonText(bytes, start, end).bytes)
  }
}

/** By its length, its first and last four bytes, and four in the middle. */
function slotOf(view: DataView, start: number, end: number): number {
  const length = end - start
  let hash = length
  if (length < 4) {
    for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + view.getUint8(i)
  } else {
    hash ^= Math.imul(view.getInt32(start, true), mix)
    hash ^= Math.imul(view.getInt32(end - 4, true), 0x85ebca6b)
    hash ^= Math.imul(view.getInt32(start + ((length - 4) >> 1), true), 0xc2b2ae35)
  }
  hash = Math.imul(hash ^ (hash >>> 15), mix)
  return (hash ^ (hash >>> 16)) & (slots - 1)
}

function isSame(
  keys: DataView,
  at: number,
  view: DataView,
  start: number,
  length: number,
): boolean {
  let i = 0
  for (; i + 4 <= length; i += 4)
    if (keys.getInt32(at + i) !== view.getInt32(start + i)) return false
  for (; i < length; i++) if (keys.getUint8(at + i) !== view.getUint8(start + i)) return false
  return true
}
