import { UNKNOWN } from '../util/hash.ts'

const SLOT_BITS = 8
const SLOTS = 1 << SLOT_BITS
/** They are compared four by four. */
const minBytes = 4
const maxBytes = 256

/**
 * What was found in texts that recur from event to event. A text is told by its hash and compared byte by byte: one with the
 * same hash must not hide what it says.
 */
export class TextMemo<Answer> {
  readonly #lengths = new Int32Array(SLOTS)
  readonly #texts = new Uint8Array(SLOTS * maxBytes)
  readonly #view = new DataView(this.#texts.buffer)
  readonly #answers: Answer[] = []
  #slot = 0

  /** Whether something was kept of that text. */
  find(hash: number, view: DataView, start: number, length: number): boolean {
    const slot = Math.imul(hash, 0x9e3779b1) >>> (32 - SLOT_BITS)
    this.#slot = slot
    if (length < minBytes || this.#lengths[slot] !== length || hash === UNKNOWN) return false
    const own = slot * maxBytes
    const last = length - 4
    for (let at = 0; at < last; at += 4) {
      if (view.getInt32(start + at) !== this.#view.getInt32(own + at)) return false
    }
    return view.getInt32(start + last) === this.#view.getInt32(own + last)
  }

  /** Of the text that was found last. */
  get answer(): Answer {
    return this.#answers[this.#slot]!
  }

  /** Keeps what was found in the text that was searched for last. */
  keep(bytes: Uint8Array, start: number, length: number, answer: Answer): void {
    if (length < minBytes || length > maxBytes) return
    this.#lengths[this.#slot] = length
    this.#texts.set(bytes.subarray(start, start + length), this.#slot * maxBytes)
    this.#answers[this.#slot] = answer
  }
}
