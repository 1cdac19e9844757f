/** Writes numbers and bytes one behind the other. */
export class ByteWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  u8(value: number): void {
    const at = this.#next(1)
    this.#view.setUint8(at, value)
  }

  u32(value: number): void {
    const at = this.#next(4)
    this.#view.setUint32(at, value, true)
  }

  f64(value: number): void {
    const at = this.#next(8)
    this.#view.setFloat64(at, value, true)
  }

  words(words: Uint32Array, from: number, count: number): void {
    const at = this.#next(count * 4)
    for (let i = 0; i < count; i++) this.#view.setUint32(at + i * 4, words[from + i]!, true)
  }

  /** With its length before it. */
  bytes(bytes: Uint8Array): void {
    this.u32(bytes.length)
    const at = this.#next(bytes.length)
    this.#bytes.set(bytes, at)
  }

  text(text: string): void {
    if (text === '') this.u32(0)
    else this.bytes(Buffer.from(text))
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length)
    this.#length = 0
    return taken
  }

  /** Makes room, perhaps elsewhere: to be called before `#bytes` or `#view` is looked at. */
  #next(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(this.#length * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}

/** Reads what a `ByteWriter` wrote. Throws a RangeError behind the end. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  u8(): number {
    return this.#view.getUint8(this.#next(1))
  }

  u32(): number {
    return this.#view.getUint32(this.#next(4), true)
  }

  f64(): number {
    return this.#view.getFloat64(this.#next(8), true)
  }

  words(words: Uint32Array, from: number, count: number): void {
    for (let i = 0; i < count; i++) words[from + i] = this.u32()
  }

  bytes(): Uint8Array {
    const length = this.u32()
    const from = this.#next(length)
    if (this.#at > this.#bytes.length) throw new RangeError('bytes end before they should')
    return this.#bytes.slice(from, this.#at)
  }

  text(): string {
    return Buffer.from(this.bytes()).toString()
  }

  #next(count: number): number {
    const at = this.#at
    this.#at += count
    return at
  }
}
