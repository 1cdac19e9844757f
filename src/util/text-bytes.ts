/** Characters of ASCII as they stand in the bytes of a JSON string, none of them escaped: a text that need not be made to be hashed. */
export class TextBytes {
  /** Always there, for the reason that `createLiveShape` names. */
  static readonly empty = new TextBytes(new DataView(new ArrayBuffer(0)), 0, 0)

  readonly view: DataView
  readonly start: number
  readonly end: number

  private constructor(view: DataView, start: number, end: number) {
    this.view = view
    this.start = start
    this.end = end
  }

  /** Undefined if there is an escape, a quote, or a byte beyond ASCII: what stands there is another text, or none. */
  static of(view: DataView, start: number, end: number): TextBytes | undefined {
    let at = start
    for (; at + 4 <= end; at += 4) if (isSpecial(view.getInt32(at, true))) return undefined
    for (; at < end; at++) if (isSpecial(view.getUint8(at) | 0x20202000)) return undefined
    return new TextBytes(view, start, end)
  }

  get length(): number {
    return this.end - this.start
  }

  charCodeAt(place: number): number {
    return this.view.getUint8(this.start + place)
  }

  toString(): string {
    let text = ''
    for (let at = this.start; at < this.end; at++)
      text += String.fromCharCode(this.view.getUint8(at))
    return text
  }

  /** A text to JSON, too. */
  toJSON(): string {
    return this.toString()
  }
}

/** Whether one of four bytes is a backslash, a quote, or beyond ASCII. */
function isSpecial(word: number): boolean {
  const noBackslash = word ^ 0x5c5c5c5c
  const noQuote = word ^ 0x22222222
  const backslashes = (noBackslash - 0x01010101) & ~noBackslash
  const quotes = (noQuote - 0x01010101) & ~noQuote
  return ((backslashes | quotes | word) & 0x80808080) !== 0
}
