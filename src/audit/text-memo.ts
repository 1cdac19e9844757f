const SLOT_BITS = 10
const SLOTS = 1 << SLOT_BITS
/** They are compared four by four. */
const minBytes = 4
const maxWords = 48

/**
 * What was found in texts that recur from event to event. A text is looked up by some of its bytes and compared byte by byte: one
 * that is alike must not hide what it says.
 */
export class TextMemo<Answer> {
  readonly #lengths = new Int32Array(SLOTS)
  /** The words of a text, and in the one behind them its last four bytes. */
  readonly #words = new Int32Array(SLOTS * (maxWords + 1))
  readonly #answers: Answer[] = []
  #slot = 0

  /** Whether something was kept of that text. */
  find(view: DataView, start: number, length: number): boolean {
    if (length < minBytes) return false
    const slot = slotOf(view, start, length)
    this.#slot = slot
    if (this.#lengths[slot] !== length) return false
    const words = this.#words
    let own = slot * (maxWords + 1)
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
    if (length < minBytes || length > 4 * maxWords) return
    const last = start + length - 4
    let own = this.#slot * (maxWords + 1)
    for (let at = start; at < last; at += 4) this.#words[own++] = view.getInt32(at, true)
    this.#words[own] = view.getInt32(last, true)
    this.#lengths[this.#slot] = length
    this.#answers[this.#slot] = answer
  }
}

/** By its length and four stretches: addresses differ most at their end, and where names stand in them. */
function slotOf(view: DataView, start: number, length: number): number {
  const quarter = (length - 4) >> 2
  let hash = length
  for (let at = start + length - 4, left = 4; left > 0; left--, at -= quarter)
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1)
  return hash >>> (32 - SLOT_BITS)
}
