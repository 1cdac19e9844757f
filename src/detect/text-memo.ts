import { UNKNOWN } from '../util/hash.ts'
import type { RuleBits } from './rule-bits.ts'

const SLOT_BITS = 8
const SLOTS = 1 << SLOT_BITS
const maxBytes = 256

/**
 * What was found in texts that recur from event to event. A text is told by its hash and compared byte by byte: one with the
 * same hash must not hide what it says.
 */
export class TextMemo {
  readonly #lengths = new Int32Array(SLOTS)
  readonly #texts = new Uint8Array(SLOTS * maxBytes)
  readonly #view = new DataView(this.#texts.buffer)
  readonly #answers: readonly RuleBits[]
  #slot = 0

  constructor(words: number) {
    this.#answers = Array.from({ length: SLOTS }, () => new Int32Array(words))
  }

  /** What was kept of that text; undefined when nothing is known, or no text. */
  find(hash: number, view: DataView, start: number, length: number): RuleBits | undefined {
    const slot = (Math.imul(hash, 0x9e3779b1) >>> (32 - SLOT_BITS)) & (SLOTS - 1)
    this.#slot = slot
    if (this.#lengths[slot] !== length || hash === UNKNOWN) return undefined
    const own = slot * maxBytes
    const last = length - 4
    for (let at = 0; at < last; at += 4) {
      if (view.getInt32(start + at) !== this.#view.getInt32(own + at)) return undefined
    }
    return view.getInt32(start + last) === this.#view.getInt32(own + last)
      ? this.#answers[slot]
      : undefined
  }

  /** Keeps what was found in the text that was searched for last. */
  keep(bytes: Uint8Array, start: number, length: number, answer: RuleBits): void {
    if (length < 4 || length > maxBytes) return
    this.#lengths[this.#slot] = length
    this.#texts.set(bytes.subarray(start, start + length), this.#slot * maxBytes)
    this.#answers[this.#slot]!.set(answer)
  }
}
