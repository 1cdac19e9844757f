import { stringEnd, type ValueScanner } from './json-scan.ts'

const QUOTE = 0x22
const COLON = 0x3a
const COMMA = 0x2c
const SPACE = 0x20

/** Of a value whose end nobody has asked for. */
const OPEN = 0

/**
 * Finds members of a valid JSON object, and walks no further than need be: over a value only when something behind it is asked for.
 * Every key has to be there once, without escapes.
 */
export class ObjectWalk {
  readonly #view: DataView
  readonly #values: ValueScanner
  /** Behind a member whose value has ended, or the opening brace. */
  #next: number
  readonly #stop: number
  /** Of each member that was passed: where its key and its value begin and end. */
  readonly #spans: number[] = []
  /** Where it ended for bytes that are no member: they are damaged. */
  damagedAt: number | undefined
  /** Of the member that was found last. */
  #found = 0

  /** Up to the closing brace, or to `stop`, which is behind a value; one byte more can be read. */
  constructor(view: DataView, values: ValueScanner, start: number, stop: number) {
    this.#view = view
    this.#values = values
    this.#next = start
    this.#stop = stop
  }

  find(key: string): boolean {
    const spans = this.#spans
    for (let span = 0; span < spans.length; span += 4) if (this.#isAt(span, key)) return true
    while (this.#pass()) if (this.#isAt(spans.length - 4, key)) return true
    return false
  }

  /** Whether it has members only and ends at the stop, where no object ends before. Walks over all of them. */
  endsAtStop(): boolean {
    while (this.#pass()) {
      // Their ends are what matters.
    }
    return this.damagedAt === undefined && this.#next >= this.#stop
  }

  /** At the quote before the key of the member that was found last. */
  get memberStart(): number {
    return this.#spans[this.#found]! - 1
  }

  /** Of the value that was found last. */
  get valueStart(): number {
    return this.#spans[this.#found + 2]!
  }

  /** The same; undefined where the bytes are damaged. */
  valueEnd(): number | undefined {
    return this.#end(this.#found) ? this.#spans[this.#found + 3]! : undefined
  }

  #isAt(span: number, key: string): boolean {
    const spans = this.#spans
    const start = spans[span]!
    if (spans[span + 1]! - start !== key.length) return false
    for (let i = 0; i < key.length; i++)
      if (this.#view.getUint8(start + i) !== key.charCodeAt(i)) return false
    this.#found = span
    return true
  }

  /** To the next member, over the one before; false when there is none. */
  #pass(): boolean {
    const spans = this.#spans
    if (spans.length > 0 && !this.#end(spans.length - 4)) return false
    const view = this.#view
    const stop = this.#stop
    let i = this.#next
    while (i < stop && (view.getUint8(i) === COMMA || view.getUint8(i) <= SPACE)) i++
    this.#next = i
    if (i >= stop || view.getUint8(i) === CLOSING_BRACE) return false
    if (view.getUint8(i) !== QUOTE) return this.#giveUp(i)
    const keyStart = i + 1
    const keyEnd = stringEnd(view, keyStart, stop)
    if (keyEnd < 0) return this.#giveUp(i)
    i = keyEnd + 1
    while (i < stop && (view.getUint8(i) === COLON || view.getUint8(i) <= SPACE)) i++
    spans.push(keyStart, keyEnd, i, OPEN)
    return true
  }

  /** Finds where a value ends; false where the bytes are damaged. */
  #end(span: number): boolean {
    if (this.#spans[span + 3] !== OPEN) return true
    const view = this.#view
    const start = this.#spans[span + 2]!
    const end =
      view.getUint8(start) === QUOTE
        ? stringEnd(view, start + 1, this.#stop) + 1
        : this.#values.end(view, start, this.#stop + 1, 0)
    if (end <= 0) return this.#giveUp(start)
    this.#spans[span + 3] = end
    this.#next = end
    return true
  }

  #giveUp(at: number): false {
    this.damagedAt ??= at
    this.#next = this.#stop
    return false
  }
}

const CLOSING_BRACE = 0x7d
