const SLOT_BITS = 13
const SLOTS = 1 << SLOT_BITS

/** Answers by keys of a few numbers, in a table of fixed size: a key has a slot or the one beside it, and of more the last one stays. */
export class ColumnMemo<Answer> {
  /** The key in hand: filled by who asks. */
  readonly key: Int32Array
  readonly #keys: Int32Array
  readonly #isKnown = new Uint8Array(SLOTS)
  readonly #answers: Answer[] = []
  #slot = 0

  constructor(width: number) {
    this.key = new Int32Array(width)
    this.#keys = new Int32Array(SLOTS * width)
  }

  /** Whether the answer for the key is known. */
  find(): boolean {
    const { key } = this
    const width = key.length
    let hash = 0
    for (let i = 0; i < width; i++) hash = Math.imul(hash ^ key[i]!, 0x9e3779b1) ^ (hash >>> 15)
    const slot = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b) >>> (32 - SLOT_BITS)
    this.#slot = slot
    if (this.#isKnown[slot] === 0) return false
    if (this.#isAt(slot)) return true
    this.#slot = slot ^ 1
    if (this.#isKnown[slot ^ 1] === 0) return false
    if (this.#isAt(slot ^ 1)) return true
    this.#slot = slot
    return false
  }

  #isAt(slot: number): boolean {
    const { key } = this
    const keys = this.#keys
    const width = key.length
    for (let i = 0, at = slot * width; i < width; i++, at++) if (keys[at] !== key[i]) return false
    return true
  }

  /** The one that was found last. */
  get answer(): Answer {
    return this.#answers[this.#slot]!
  }

  /** Keeps the answer for the key that was looked for last, and gives it back. */
  keep(answer: Answer): Answer {
    const slot = this.#slot
    this.#keys.set(this.key, slot * this.key.length)
    this.#isKnown[slot] = 1
    this.#answers[slot] = answer
    return answer
  }
}
