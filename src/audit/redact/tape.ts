import type { ByteReader } from './byte-reader.ts'

/** The forms of values. */
export const STRING = 0
export const OBJECT = 1
export const ARRAY = 2
export const NUMBER = 3
/** true, false and null. */
export const LITERAL = 4

/** The numbers of a row: see `assembly/redact/layout.ts`. */
const rowWords = 8
const START = 0
const END = 1
const KEY_START = 2
const KEY_END = 3
const NEXT = 4
const FORM = 5
const MEANING = 6
const MARKS = 7

/**
 * The structure of one valid JSON value: a row for each value in it, in the order of the text, so that the children
 * of number `i` are `i + 1`, `next(i + 1)`, … up to `next(i)`. It holds until its reader is used for something else.
 */
export class Tape {
  readonly #words: Int32Array
  readonly #first: number

  /** Row 0 is the value in the first `length` bytes that the reader was filled with; `offset` is added to places. */
  constructor(reader: ByteReader, length: number, offset: number) {
    const { words, first } = reader.outline(length, offset)
    this.#words = words
    this.#first = first
  }

  form(row: number): number {
    return this.#at(row, FORM)
  }

  /** With quotes and brackets; ends are exclusive. */
  start(row: number): number {
    return this.#at(row, START)
  }

  end(row: number): number {
    return this.#at(row, END)
  }

  /** Between the quotes; 0 without a key. */
  keyStart(row: number): number {
    return this.#at(row, KEY_START)
  }

  keyEnd(row: number): number {
    return this.#at(row, KEY_END)
  }

  /** The first row behind all that is inside. */
  next(row: number): number {
    return this.#at(row, NEXT)
  }

  /** What the key means (`meaningOfKey`); 0 without a key, and below a map of names, where no key means anything. */
  meaning(row: number): number {
    return this.#at(row, MEANING)
  }

  /** All that is said inside the value, by keys and by texts, as bits of `roles.ts`. */
  marks(row: number): number {
    return this.#at(row, MARKS)
  }

  #at(row: number, column: number): number {
    return this.#words[this.#first + rowWords * row + column]!
  }
}
