import { stringEnd, type ValueScanner } from './json-scan.ts'

const QUOTE = 0x22
const COLON = 0x3a
const SPACE = 0x20

/** Finds members in a stretch of a valid JSON object, and walks no further than need be. Every key has to be there once, without escapes. */
export class ObjectWalk {
  readonly #view: DataView
  readonly #values: ValueScanner
  /** Behind a value, or the opening brace. */
  #next: number
  readonly #stop: number
  /** Of each member that was passed: where its key and its value begin and end. */
  readonly #spans: number[] = []
  /** Where it ended for bytes that are no member: they are damaged. */
  damagedAt: number | undefined
  /** Of the value that was found last. */
  valueStart = 0
  valueEnd = 0

  /** `stop` is behind the last value; one byte more can be read. */
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

  #isAt(span: number, key: string): boolean {
    const spans = this.#spans
    const start = spans[span]!
    if (spans[span + 1]! - start !== key.length) return false
    for (let i = 0; i < key.length; i++)
      if (this.#view.getUint8(start + i) !== key.charCodeAt(i)) return false
    this.valueStart = spans[span + 2]!
    this.valueEnd = spans[span + 3]!
    return true
  }

  /** Over the next member; false when there is none. */
  #pass(): boolean {
    const view = this.#view
    const stop = this.#stop
    let i = this.#next
    while (i < stop && view.getUint8(i) !== QUOTE) i++
    if (i >= stop) return false
    const keyStart = i + 1
    const keyEnd = stringEnd(view, keyStart, stop)
    if (keyEnd < 0) return this.#giveUp(i)
    i = keyEnd + 1
    while (i < stop && (view.getUint8(i) === COLON || view.getUint8(i) <= SPACE)) i++
    const end =
      view.getUint8(i) === QUOTE
        ? stringEnd(view, i + 1, stop) + 1
        : this.#values.end(view, i, stop + 1, 0)
    if (end <= 0) return this.#giveUp(i)
    this.#spans.push(keyStart, keyEnd, i, end)
    this.#next = end
    return true
  }

  #giveUp(at: number): false {
    this.damagedAt ??= at
    this.#next = this.#stop
    return false
  }
}
