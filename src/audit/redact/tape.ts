import { colonEnd, spaceEnd, stringEnd, ValueScanner } from '../json-scan.ts'

export const STRING = 0
export const OBJECT = 1
export const ARRAY = 2
export const NUMBER = 3
/** true, false and null. */
export const LITERAL = 4

const QUOTE = 0x22

/**
 * The structure of one valid JSON value: a row for each value in it, in the order of the text, so that the children
 * of number `i` are `i + 1`, `next[i + 1]`, … up to `next[i]`. One tape is used again and again, and grows as it must.
 */
export class Tape {
  count = 0
  kinds = new Uint8Array(256)
  /** With quotes and brackets; ends are exclusive. */
  starts = new Uint32Array(256)
  ends = new Uint32Array(256)
  /** Between the quotes; 0, 0 without a key. */
  keyStarts = new Uint32Array(256)
  keyEnds = new Uint32Array(256)
  /** The first row behind all that is inside. */
  next = new Uint32Array(256)
  /** For whoever reads the tape, one number a row. Kept from one use to the next: written before it is read. */
  roles = new Uint16Array(256)
  /** The rows of the containers that are open. */
  #open = new Uint32Array(64)
  #depth = 0
  /** Of the bytes read last. */
  view: DataView = new DataView(new ArrayBuffer(0))
  readonly #values = new ValueScanner()

  /** Row 0 is the value that begins at `start`. */
  read(bytes: Uint8Array, start: number, end: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = view
    this.count = 0
    this.#depth = 0
    let keyStart = 0
    let keyEnd = 0
    let i = spaceEnd(view, start, end)
    while (i < end) {
      const first = view.getUint8(i)
      const row = this.#add(i, keyStart, keyEnd)
      keyStart = 0
      keyEnd = 0
      if (first === QUOTE) i = this.#scalar(row, STRING, stringEnd(view, i + 1, end) + 1)
      else if (first === 0x7b || first === 0x5b) {
        this.kinds[row] = first === 0x7b ? OBJECT : ARRAY
        if (this.#depth === this.#open.length) this.#open = grown(this.#open, this.#depth * 2)
        this.#open[this.#depth++] = row
        i++
      } else {
        const kind = first === 0x2d || (first >= 0x30 && first <= 0x39) ? NUMBER : LITERAL
        // A number at the very end of the bytes counts as unfinished.
        const scalarEnd = this.#values.end(view, i, end, 0)
        i = this.#scalar(row, kind, scalarEnd < 0 ? end : scalarEnd)
      }
      i = this.#close(view, i, end)
      if (this.#depth === 0) return
      if (this.kinds[this.#open[this.#depth - 1]!] === OBJECT) {
        keyStart = i + 1
        keyEnd = stringEnd(view, keyStart, end)
        i = colonEnd(view, keyEnd + 1, end)
      }
    }
  }

  /** Moves over commas and closing brackets to the next key or value. */
  #close(view: DataView, from: number, end: number): number {
    let i = from
    for (; i < end; i++) {
      const byte = view.getUint8(i)
      if (byte === 0x7d || byte === 0x5d) {
        const row = this.#open[--this.#depth]!
        this.ends[row] = i + 1
        this.next[row] = this.count
        if (this.#depth === 0) break
      } else if (byte > 0x20 && byte !== 0x2c) break
    }
    return i
  }

  #scalar(row: number, kind: number, end: number): number {
    this.kinds[row] = kind
    this.ends[row] = end
    this.next[row] = row + 1
    return end
  }

  #add(start: number, keyStart: number, keyEnd: number): number {
    const row = this.count++
    if (row === this.kinds.length) this.#grow()
    this.starts[row] = start
    this.keyStarts[row] = keyStart
    this.keyEnds[row] = keyEnd
    return row
  }

  #grow(): void {
    const size = this.kinds.length * 2
    const kinds = new Uint8Array(size)
    kinds.set(this.kinds)
    this.kinds = kinds
    this.starts = grown(this.starts, size)
    this.ends = grown(this.ends, size)
    this.keyStarts = grown(this.keyStarts, size)
    this.keyEnds = grown(this.keyEnds, size)
    this.next = grown(this.next, size)
    this.roles = new Uint16Array(size)
  }
}

function grown(column: Uint32Array, size: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(size)
  larger.set(column)
  return larger
}
