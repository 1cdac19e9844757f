/** They are compared four by four. */
const minBytes = 4

/** 2 ** `slotBits` texts at most, of no more than `maxBytes`. */
export interface MemoSize {
  readonly slotBits: number
  readonly maxBytes: number
}

/**
 * What was found in texts that recur from event to event. A text is looked up by some of its bytes and compared byte by byte: one
 * that is alike must not hide what it says.
 */
export class TextMemo<Answer> {
  readonly #shift: number
  readonly #maxBytes: number
  /** Of words a text and one more, which holds its last four bytes. */
  readonly #width: number
  readonly #lengths: Int32Array
  readonly #words: Int32Array
  readonly #answers: Answer[] = []
  #slot = 0

  constructor({ slotBits, maxBytes }: MemoSize) {
    this.#shift = 32 - slotBits
    this.#maxBytes = maxBytes
    this.#width = Math.ceil(maxBytes / 4) + 1
    this.#lengths = new Int32Array(2 ** slotBits)
    this.#words = new Int32Array(2 ** slotBits * this.#width)
  }

  /** Whether something was kept of that text. */
  find(view: DataView, start: number, length: number): boolean {
    if (length < minBytes || length > this.#maxBytes) return false
    const slot = hashOf(view, start, length) >>> this.#shift
    this.#slot = slot
    if (this.#lengths[slot] !== length) return false
    const words = this.#words
    let own = slot * this.#width
    const last = start + length - 4
    for (let at = start; at < last; at += 4)
      if (view.getInt32(at, true) !== words[own++]) return false
    return view.getInt32(last, true) === words[own]
  }

  /** Of the text that was found last. */
  get answer(): Answer {
    return this.#answers[this.#slot]!
  }

  /** Keeps what was found in the text that was searched for last. */
  keep(view: DataView, start: number, length: number, answer: Answer): void {
    if (length < minBytes || length > this.#maxBytes) return
    const last = start + length - 4
    let own = this.#slot * this.#width
    for (let at = start; at < last; at += 4) this.#words[own++] = view.getInt32(at, true)
    this.#words[own] = view.getInt32(last, true)
    this.#lengths[this.#slot] = length
    this.#answers[this.#slot] = answer
  }
}

/** By its length and eight stretches: addresses differ at their end and where names stand in them, clients in the middle. */
function hashOf(view: DataView, start: number, length: number): number {
  const step = (length - 4) >> 3
  let hash = length
  for (let at = start + length - 4, left = 8; left > 0; left--, at -= step)
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1) ^ (hash >>> 15)
  return Math.imul(hash, 0x85ebca6b)
}
