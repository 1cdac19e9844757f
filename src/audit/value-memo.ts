const SLOT_BITS = 8
/** Of a slot: where the value begins and how long it is, then what is known of it. */
const WIDTH = 8
const START = 0
const BYTES = 1
const COLUMN = 2
const TRUE = 3
const UNCERTAIN = 4
const DEPTH = 5
const HASH = 6
/** A value this near to the end of the bytes is not looked up. */
const SAMPLED_BYTES = 72

/** Places in a value, from its first byte, of the four bytes that differ most; up to 68. */
type Samples = readonly [number, number, number, number]

/**
 * Values of one key that were met before in the same bytes, as clients say who they are with every request. The bytes of
 * a value decide where it ends and what it says, so equal bytes need no second scan: to compare them is several times
 * faster. There is one slot for all values with some hash of their samples; what is in it is compared byte by byte.
 */
export class ValueMemo {
  readonly #slots = new Int32Array(WIDTH << SLOT_BITS)
  readonly #first: number
  readonly #second: number
  readonly #third: number
  readonly #fourth: number
  /** The slot of the last search. */
  #at = -1

  constructor(samples: Samples) {
    this.#first = samples[0]
    this.#second = samples[1]
    this.#third = samples[2]
    this.#fourth = samples[3]
  }

  /** Where the value found last was met first. */
  get start(): number {
    return this.#slots[this.#at + START]!
  }

  /** What is known of the value found last. */
  get column(): number {
    return this.#slots[this.#at + COLUMN]! >>> 0
  }

  get certainlyTrue(): number {
    return this.#slots[this.#at + TRUE]!
  }

  get uncertain(): number {
    return this.#slots[this.#at + UNCERTAIN]!
  }

  get depth(): number {
    return this.#slots[this.#at + DEPTH]!
  }

  get hash(): number {
    return this.#slots[this.#at + HASH]! >>> 0
  }

  /** For other bytes. */
  clear(): void {
    this.#slots.fill(0)
  }

  /** The first byte behind the value that begins at `i`, if it is known; else 0. */
  find(view: DataView, i: number, stop: number): number {
    this.#at = -1
    if (i + SAMPLED_BYTES > stop) return 0
    const hash =
      Math.imul(view.getInt32(i + this.#first, true), 0x9e3779b1) ^
      Math.imul(view.getInt32(i + this.#second, true), 0x85ebca6b) ^
      Math.imul(view.getInt32(i + this.#third, true), 0xc2b2ae35) ^
      Math.imul(view.getInt32(i + this.#fourth, true), 0x27d4eb2f)
    const at = WIDTH * (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> (32 - SLOT_BITS))
    this.#at = at
    const bytes = this.#slots[at + BYTES]!
    if (bytes === 0 || i + bytes > stop) return 0
    const other = this.#slots[at + START]! - i
    const last = i + bytes - 4
    for (let place = i; place < last; place += 4) {
      if (view.getInt32(place, true) !== view.getInt32(place + other, true)) return 0
    }
    return view.getInt32(last, true) === view.getInt32(last + other, true) ? last + 4 : 0
  }

  /** Keeps the value that was searched last in vain; it has at least four bytes. */
  keep(
    start: number,
    end: number,
    known: {
      column: number
      certainlyTrue: number
      uncertain: number
      depth: number
      hash: number
    },
  ): void {
    const at = this.#at
    if (at < 0) return
    const slots = this.#slots
    slots[at + START] = start
    slots[at + BYTES] = end - start
    slots[at + COLUMN] = known.column
    slots[at + TRUE] = known.certainlyTrue
    slots[at + UNCERTAIN] = known.uncertain
    slots[at + DEPTH] = known.depth
    slots[at + HASH] = known.hash
  }
}
