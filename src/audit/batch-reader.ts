import type { EventBatch, ItemIndex } from '../contracts.ts'
import { ValueScanner } from './json-scan.ts'
import type { TextPool } from './text-pool.ts'
import type { WireObject } from './wire.ts'

/** Makes texts and values of stretches of the bytes of one batch. */
export class BatchReader {
  readonly index: ItemIndex
  readonly view: DataView
  readonly values = new ValueScanner()
  readonly #buffer: Buffer
  readonly #pool: TextPool

  constructor({ bytes, index }: Pick<EventBatch, 'bytes' | 'index'>, pool: TextPool) {
    const { buffer, byteOffset, byteLength } = bytes
    this.index = index
    this.view = new DataView(buffer, byteOffset, byteLength)
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(buffer, byteOffset, byteLength)
    this.#pool = pool
  }

  text(start: number, end: number): string {
    return this.#pool.text(this.#buffer, this.view, start, end)
  }

  /** Throws a `SyntaxError` where the bytes are damaged. What recurs is the same value again. */
  value(start: number, end: number): unknown {
    const { view } = this
    const { values } = this.#pool
    if (values.find(view, start, end - start)) return values.answer
    const value: unknown = JSON.parse(this.#buffer.toString('utf8', start, end))
    values.keep(view, start, end - start, value)
    return value
  }

  /** Of a stretch of members without braces. Throws as above. */
  members(start: number, end: number): WireObject {
    // A list of members in braces is an object.
    return JSON.parse(`{${this.#buffer.toString('utf8', start, end)}}`) as WireObject
  }

  /** The last place between the two where the text begins; -1 if it is not there. */
  lastIndexOf(text: string, start: number, end: number): number {
    const at = this.#buffer.subarray(start, end).lastIndexOf(text)
    return at < 0 ? -1 : start + at
  }
}
