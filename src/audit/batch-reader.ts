import type { EventBatch, ItemIndex } from '../contracts.ts'
import { ValueScanner } from './json-scan.ts'
import type { TextPool } from './text-pool.ts'

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
    return this.#pool.text(this.#buffer, start, end)
  }

  /** Throws a `SyntaxError` where the bytes are damaged. */
  value(start: number, end: number): unknown {
    return JSON.parse(this.#buffer.toString('utf8', start, end))
  }
}
