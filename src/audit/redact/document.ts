import type { ByteReader } from './byte-reader.ts'
import { Candidates } from './candidates.ts'
import { Edits } from './edits.ts'
import {
  type Fingerprint,
  isMarker,
  longestMarker,
  mergedSpans,
  type RedactionKind,
  type Span,
  textMarker,
  urlMarker,
} from './marker.ts'
import { findPatterns } from './patterns.ts'
import { replaced } from './replaced.ts'
import { ARRAY, LITERAL, STRING, Tape } from './tape.ts'
import { jsonText, placeOf, type Text } from './text.ts'
import { findInUrl } from './uri.ts'
import { isPlainUrl } from './uri-glance.ts'
import { Values } from './values.ts'

const BACKSLASH = 0x5c

/** What all documents of one redactor share. */
export interface Redaction {
  readonly fingerprint: Fingerprint
  readonly count: (kind: RedactionKind) => void
  /** For documents that stand in so many strings of others. */
  readonly readerAt: (nesting: number) => ByteReader
}

/** One JSON value in bytes, and what is to be taken out of it. */
export class Document extends Values {
  readonly #redaction: Redaction
  readonly #edits = new Edits()
  /** How many strings of other documents this one stands in. */
  readonly nesting: number

  constructor(
    redaction: Redaction,
    bytes: Buffer,
    candidates: Candidates,
    tape: Tape,
    nesting: number,
  ) {
    super(bytes, candidates, tape)
    this.#redaction = redaction
    this.nesting = nesting
  }

  get edits(): Edits {
    return this.#edits
  }

  /** Takes out a whole value: strings and numbers one by one where they are in arrays, an object as one. */
  cut(row: number, kind: RedactionKind): void {
    switch (this.tape.form(row)) {
      case STRING: {
        if (this.#cutLong(row, kind)) break
        const text = this.text(row)
        this.cutSpans(text, [{ start: 0, end: text.bytes.length }], kind)
        break
      }
      case ARRAY:
        for (const child of this.children(row)) this.cut(child, kind)
        break
      case LITERAL:
        break
      default: {
        if (this.isObject(row) && this.children(row).length === 0) break
        const replacement = `"${textMarker(this.#redaction.fingerprint(this.text(row).bytes))}"`
        this.#edit(this.tape.start(row), this.tape.end(row), replacement, kind)
      }
    }
  }

  /** Takes out a long string as it stands, if it does so without escapes, and is no marker. */
  #cutLong(row: number, kind: RedactionKind): boolean {
    const start = this.tape.start(row) + 1
    const end = this.tape.end(row) - 1
    const value = this.bytes.subarray(start, end)
    if (value.length < longestMarker || value.includes(BACKSLASH)) return false
    this.#edit(start, end, textMarker(this.#redaction.fingerprint(value)), kind)
    return true
  }

  /** Takes out parts of a text that came from this document. */
  cutSpans(text: Text, spans: readonly Span[], kind: RedactionKind): void {
    for (const { start, end } of mergedSpans(spans)) {
      const value = text.bytes.slice(start, end)
      if (value === '' || isMarker(value)) continue
      const replacement = textMarker(this.#redaction.fingerprint(value))
      this.#edit(placeOf(text, start), placeOf(text, end), replacement, kind)
    }
  }

  /**
   * Takes out a text as `cut` does, and puts an object in its place: the marker as `redacted`, and what `keep` finds worth
   * keeping. That passes its texts through the function that it gets, which takes patterns out of them. Where it finds
   * nothing, and for what is no text, it is `cut`.
   */
  cutKeeping(
    row: number,
    kind: RedactionKind,
    keep: (text: string, clean: (text: string) => string) => object | undefined,
  ): void {
    const { bytes } = this.isString(row) ? this.text(row) : { bytes: '' }
    const kept = isMarker(bytes) ? undefined : keep(bytes, (text) => this.#withoutPatterns(text))
    if (kept === undefined) {
      this.cut(row, kind)
      return
    }
    const redacted = textMarker(this.#redaction.fingerprint(bytes))
    const json = Buffer.from(JSON.stringify({ redacted, ...kept })).toString('latin1')
    this.#edit(this.tape.start(row), this.tape.end(row), json, kind)
  }

  cutInUrl(row: number): void {
    const start = this.tape.start(row)
    const end = this.tape.end(row)
    const { buffer, byteOffset, length } = this.bytes
    const view = new DataView(buffer, byteOffset, length)
    if (!this.mayHoldPattern(start, end) && isPlainUrl(view, start + 1, end - 1)) return
    for (const found of findInUrl(this.text(row))) {
      const replacement = urlMarker(this.#redaction.fingerprint(found.value))
      this.#edit(found.start, found.end, replacement, 'uri')
    }
  }

  /** Takes out the patterns of one string. */
  cutPatterns(row: number): void {
    if (!this.mayHoldPattern(this.tape.start(row), this.tape.end(row))) return
    const text = this.text(row)
    this.cutSpans(text, findPatterns(text.bytes), 'pattern')
  }

  /** The same for the name of a value. */
  cutPatternsOfKey(row: number): void {
    const start = this.tape.keyStart(row)
    const end = this.tape.keyEnd(row)
    if (start === 0 || !this.mayHoldPattern(start, end)) return
    const text = jsonText(this.bytes, start, end)
    this.cutSpans(text, findPatterns(text.bytes), 'pattern')
  }

  /** The same for every string in a value, and every name. */
  cutPatternsBelow(row: number): void {
    if (!this.mayHoldPattern(this.tape.start(row), this.tape.end(row))) return
    for (let inner = row; inner < this.tape.next(row); inner++) {
      if (inner > row) this.cutPatternsOfKey(inner)
      if (this.isString(inner)) this.cutPatterns(inner)
    }
  }

  /** The JSON that a string holds, as a document of its own; `adopt` brings back what was taken out of it. */
  nested(row: number): Document | undefined {
    const inner = Buffer.from(this.text(row).bytes, 'latin1')
    const start = inner.findIndex((byte) => byte > 0x20)
    if (inner[start] !== 0x7b && inner[start] !== 0x5b) return undefined
    const reader = this.#redaction.readerAt(this.nesting + 1)
    reader.fill(inner, start, inner.length)
    const end = start + reader.valueEnd(0, inner.length - start)
    if (end < start || inner.subarray(end).some((byte) => byte > 0x20)) return undefined
    const candidates = new Candidates(reader)
    candidates.takeItem(inner, start, end, true)
    const tape = new Tape(reader, end - start, start)
    return new Document(this.#redaction, inner, candidates, tape, this.nesting + 1)
  }

  adopt(row: number, inner: Document): void {
    const text = this.text(row)
    for (const { start, end, replacement } of inner.edits.inOrder()) {
      const escaped = JSON.stringify(replacement).slice(1, -1)
      this.#edits.add(placeOf(text, start), placeOf(text, end), escaped)
    }
  }

  #withoutPatterns(text: string): string {
    return replaced(text, findPatterns, (value) => {
      this.#redaction.count('pattern')
      return textMarker(this.#redaction.fingerprint(value))
    })
  }

  #edit(start: number, end: number, replacement: string, kind: RedactionKind): void {
    this.#edits.add(start, end, replacement)
    this.#redaction.count(kind)
  }
}
