import { ValueScanner } from '../json-scan.ts'
import { Candidates } from './candidates.ts'
import { Edits } from './edits.ts'
import type { KeyMemo } from './key-memo.ts'
import {
  type Fingerprint,
  isMarker,
  mergedSpans,
  type RedactionKind,
  type Span,
  textMarker,
  urlMarker,
} from './marker.ts'
import { findPatterns } from './patterns.ts'
import { replaced } from './replaced.ts'
import { ARRAY, LITERAL, NUMBER, OBJECT, STRING, Tape } from './tape.ts'
import { jsonText, placeOf, type Text } from './text.ts'
import { findInUrl } from './uri.ts'
import { isPlainUrl } from './uri-glance.ts'

/** What all documents of one redactor share. */
export interface Redaction {
  readonly fingerprint: Fingerprint
  readonly count: (kind: RedactionKind) => void
  /** `rolesOf` and `meaningOfKey`. */
  readonly keyRoles: KeyMemo
  readonly keyMeanings: KeyMemo
}

/** One JSON value in bytes, its structure, and what is to be taken out of it. Values are rows of its tape. */
export class Document {
  readonly #redaction: Redaction
  readonly #bytes: Buffer
  readonly #candidates: Candidates
  readonly #tape: Tape
  readonly #edits = new Edits()
  /** How many strings of other documents this one stands in. */
  readonly nesting: number

  readonly #hasCandidates: boolean

  /** `candidates` know the bytes; `tape` has read them. */
  constructor(
    redaction: Redaction,
    bytes: Buffer,
    candidates: Candidates,
    tape: Tape,
    nesting: number,
  ) {
    this.#redaction = redaction
    this.#bytes = bytes
    this.#candidates = candidates
    this.#tape = tape
    this.nesting = nesting
    this.#hasCandidates = candidates.anyIn(tape.starts[0]!, tape.ends[0]!)
  }

  get edits(): Edits {
    return this.#edits
  }

  isString(row: number): boolean {
    return this.#tape.kinds[row] === STRING
  }

  isNumber(row: number): boolean {
    return this.#tape.kinds[row] === NUMBER
  }

  isObject(row: number): boolean {
    return this.#tape.kinds[row] === OBJECT
  }

  isArray(row: number): boolean {
    return this.#tape.kinds[row] === ARRAY
  }

  /** The rows of what is directly inside. */
  children(row: number): number[] {
    const rows: number[] = []
    const { next } = this.#tape
    if (this.isObject(row) || this.isArray(row)) {
      for (let child = row + 1; child < next[row]!; child = next[child]!) rows.push(child)
    }
    return rows
  }

  /** The first row behind a value and all in it; the next child of the same container, if there is one. */
  next(row: number): number {
    return this.#tape.next[row]!
  }

  /** The roles of a key, and noted for `roles`. */
  readRoles(row: number): number {
    const roles = this.#recall(this.#redaction.keyRoles, row)
    this.#tape.roles[row] = roles
    return roles
  }

  /** Which key of an event it is. */
  keyMeaning(row: number): number {
    return this.#recall(this.#redaction.keyMeanings, row)
  }

  #recall(memo: KeyMemo, row: number): number {
    const start = this.#tape.keyStarts[row]!
    return start === 0 ? 0 : memo.of(this.#bytes, this.#tape.view, start, this.#tape.keyEnds[row]!)
  }

  /** What `readRoles` found. */
  roles(row: number): number {
    return this.#tape.roles[row]!
  }

  /** The name under which a value stands in its object, as a byte string; empty in an array. */
  key(row: number): string {
    const start = this.#tape.keyStarts[row]!
    return start === 0 ? '' : jsonText(this.#bytes, start, this.#tape.keyEnds[row]!).bytes
  }

  /** The text of a string; of anything else its JSON. */
  text(row: number): Text {
    const start = this.#tape.starts[row]!
    const end = this.#tape.ends[row]!
    if (this.isString(row)) return jsonText(this.#bytes, start + 1, end - 1)
    return { bytes: this.#bytes.toString('latin1', start, end), base: start, places: undefined }
  }

  /** Takes out a whole value: strings and numbers one by one where they are in arrays, an object as one. */
  cut(row: number, kind: RedactionKind): void {
    switch (this.#tape.kinds[row]) {
      case STRING: {
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
        this.#edit(this.#tape.starts[row]!, this.#tape.ends[row]!, replacement, kind)
      }
    }
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
    this.#edit(this.#tape.starts[row]!, this.#tape.ends[row]!, json, kind)
  }

  cutInUrl(row: number): void {
    const start = this.#tape.starts[row]!
    const end = this.#tape.ends[row]!
    if (!this.#mayHoldPattern(start, end) && isPlainUrl(this.#tape.view, start + 1, end - 1)) return
    for (const found of findInUrl(this.text(row))) {
      const replacement = urlMarker(this.#redaction.fingerprint(found.value))
      this.#edit(found.start, found.end, replacement, 'uri')
    }
  }

  /** Takes out the patterns of one string. */
  cutPatterns(row: number): void {
    if (!this.#mayHoldPattern(this.#tape.starts[row]!, this.#tape.ends[row]!)) return
    const text = this.text(row)
    this.cutSpans(text, findPatterns(text.bytes), 'pattern')
  }

  /** The same for the name of a value. */
  cutPatternsOfKey(row: number): void {
    const start = this.#tape.keyStarts[row]!
    const end = this.#tape.keyEnds[row]!
    if (start === 0 || !this.#mayHoldPattern(start, end)) return
    const text = jsonText(this.#bytes, start, end)
    this.cutSpans(text, findPatterns(text.bytes), 'pattern')
  }

  /** The same for every string in a value, and every name. */
  cutPatternsBelow(row: number): void {
    if (!this.#mayHoldPattern(this.#tape.starts[row]!, this.#tape.ends[row]!)) return
    for (let inner = row; inner < this.#tape.next[row]!; inner++) {
      if (inner > row) this.cutPatternsOfKey(inner)
      if (this.isString(inner)) this.cutPatterns(inner)
    }
  }

  /** A string that begins as a JSON container does, perhaps with escaped white space before it. */
  mayHoldJson(row: number): boolean {
    const first = this.#bytes[this.#tape.starts[row]! + 1]!
    if (first !== 0x5c) return first === 0x7b || first === 0x5b || first === 0x20
    return this.#bytes[this.#tape.starts[row]! + 2] !== 0x22
  }

  /** The JSON that a string holds, as a document of its own; `adopt` brings back what was taken out of it. */
  nested(row: number): Document | undefined {
    const inner = Buffer.from(this.text(row).bytes, 'latin1')
    const view = new DataView(inner.buffer, inner.byteOffset, inner.byteLength)
    const start = inner.findIndex((byte) => byte > 0x20)
    if (inner[start] !== 0x7b && inner[start] !== 0x5b) return undefined
    const end = new ValueScanner().end(view, start, inner.length, 0)
    if (end < 0 || inner.subarray(end).some((byte) => byte > 0x20)) return undefined
    const candidates = new Candidates()
    candidates.search(inner, start, end)
    candidates.searchBody(inner, start, end)
    const tape = new Tape()
    tape.read(inner, start, end)
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

  #mayHoldPattern(start: number, end: number): boolean {
    return this.#hasCandidates && this.#candidates.anyIn(start, end)
  }

  #edit(start: number, end: number, replacement: string, kind: RedactionKind): void {
    this.#edits.add(start, end, replacement)
    this.#redaction.count(kind)
  }
}
