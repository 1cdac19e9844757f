import { byteReaderModule } from './byte-reader-module.ts'
import { markOfKind, meaningOfKey } from './meanings.ts'
import { CREDENTIAL, DEEP, JSON_TEXT, KIND, NAME_MAP } from './roles.ts'
import { jsonText } from './text.ts'

/** The functions of `assembly/redact/index.ts`; places are in the input. */
interface ByteReaderFunctions {
  setBits(
    kind: number,
    names: number,
    credential: number,
    jsonText: number,
    deep: number,
    ordinaryDepth: number,
  ): void
  search(start: number, end: number, isThorough: boolean): number
  foundCount(): number
  valueEnd(start: number, stop: number): number
  outline(start: number, stop: number, offset: number): number
}

/** See `assembly/redact/layout.ts`. */
interface ByteReaderLayout {
  readonly FOUND: number
  readonly INPUT: number
  readonly PADDING: number
}

const pageBytes = 65_536
/** Larger memory is not kept for what comes next: it never shrinks. */
const keptBytes = 8 << 20
/** Containers in one another beyond which a row is marked as deep. */
const ordinaryDepth = 40

/** Compiled when it is first asked for: it is a constant, and has no state. */
let compiled: object | undefined

/**
 * Reads bytes 16 at a time, in a memory of its own: where credentials may be, and what structure JSON has. What it is asked
 * for is in the bytes that it was filled with last.
 */
export class ByteReader {
  #memory: WasmMemory
  #functions: ByteReaderFunctions
  #layout: ByteReaderLayout
  #words = new Int32Array(0)

  constructor() {
    ;[this.#memory, this.#functions, this.#layout] = this.#instantiated()
  }

  /** Takes a copy of `bytes[start, end)`. The rest knows it as from 0 on. */
  fill(bytes: Uint8Array, start: number, end: number): void {
    if (this.#memory.buffer.byteLength > keptBytes)
      [this.#memory, this.#functions, this.#layout] = this.#instantiated()
    const { INPUT, PADDING } = this.#layout
    const length = end - start
    // Behind the padding there is a bit for every byte.
    const missingBytes = INPUT + length + 2 * PADDING + length / 8 - this.#memory.buffer.byteLength
    if (missingBytes > 0) this.#memory.grow(Math.ceil(missingBytes / pageBytes))
    const input = new Uint8Array(this.#memory.buffer, INPUT, length + PADDING)
    input.set(length === bytes.length ? bytes : bytes.subarray(start, end))
    input.fill(0, length)
  }

  /** Tells the places from `start` to `end` where a credential may be, in their order. */
  search(start: number, end: number, isThorough: boolean, found: (place: number) => void): void {
    const { FOUND, INPUT } = this.#layout
    for (let from = start; from < end; ) {
      from = this.#functions.search(from, end, isThorough)
      const words = this.#currentWords()
      const count = this.#functions.foundCount()
      for (let i = 0; i < count; i++) found(words[FOUND / 4 + i]! - INPUT)
    }
  }

  /** The end of the valid JSON value that begins at `start`; negative if there is none. A number at the very end is none. */
  valueEnd(start: number, end: number): number {
    return this.#functions.valueEnd(start, end)
  }

  /** The rows of the valid JSON value in the first `length` bytes: where they begin in `words`. `offset` is added to their places. */
  outline(length: number, offset: number): { readonly words: Int32Array; readonly first: number } {
    const address = this.#functions.outline(0, length, offset)
    return { words: this.#currentWords(), first: address / 4 }
  }

  /** The whole memory: it is another one after it has grown. */
  #currentWords(): Int32Array {
    if (this.#words.buffer !== this.#memory.buffer)
      this.#words = new Int32Array(this.#memory.buffer)
    return this.#words
  }

  #instantiated(): [WasmMemory, ByteReaderFunctions, ByteReaderLayout] {
    compiled ??= new WebAssembly.Module(Buffer.from(byteReaderModule, 'base64'))
    const memory = new WebAssembly.Memory({ initial: 8 })
    const textAt = (start: number, end: number): string =>
      jsonText(Buffer.from(memory.buffer), start, end).bytes
    const host = {
      learnKey: (start: number, end: number) => meaningOfKey(textAt(start, end)),
      learnKind: (start: number, end: number) => markOfKind(textAt(start, end)),
    }
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory }, host })
    // The module is our own, and a test compares it with its source.
    const functions = exports as unknown as ByteReaderFunctions
    functions.setBits(KIND, NAME_MAP, CREDENTIAL, JSON_TEXT, DEEP, ordinaryDepth)
    const numberOf = (name: string): number => Number((exports[name] as WasmGlobal).value)
    const layout = {
      FOUND: numberOf('FOUND'),
      INPUT: numberOf('INPUT'),
      PADDING: numberOf('PADDING'),
    }
    return [memory, functions, layout]
  }
}
