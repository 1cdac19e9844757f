import type { Candidates } from './candidates.ts'
import { eventKeyIn } from './meanings.ts'
import { JSON_TEXT, MATTERS } from './roles.ts'
import { ARRAY, NUMBER, OBJECT, STRING, type Tape } from './tape.ts'
import { jsonText, type Text } from './text.ts'

/** The values of one JSON text, by the rows of its tape. */
export class Values {
  protected readonly bytes: Buffer
  protected readonly tape: Tape
  readonly #candidates: Candidates

  /** `candidates` and `tape` are of these bytes. */
  constructor(bytes: Buffer, candidates: Candidates, tape: Tape) {
    this.bytes = bytes
    this.#candidates = candidates
    this.tape = tape
  }

  isString(row: number): boolean {
    return this.tape.form(row) === STRING
  }

  isNumber(row: number): boolean {
    return this.tape.form(row) === NUMBER
  }

  isObject(row: number): boolean {
    return this.tape.form(row) === OBJECT
  }

  isArray(row: number): boolean {
    return this.tape.form(row) === ARRAY
  }

  /** The rows of what is directly inside. */
  children(row: number): number[] {
    const rows: number[] = []
    const end = this.next(row)
    for (let child = row + 1; child < end; child = this.next(child)) rows.push(child)
    return rows
  }

  /** The first row behind a value and all in it; the next child of the same container, if there is one. */
  next(row: number): number {
    return this.tape.next(row)
  }

  /** Which key of an event it is, as `eventKey` has it. */
  eventKey(row: number): number {
    return eventKeyIn(this.tape.meaning(row))
  }

  /** The roles of the key of a value in a body: see `roles.ts`. */
  roles(row: number): number {
    return this.tape.meaning(row)
  }

  /** Nothing in a value says that it holds a credential; one that is not DEEP in what is so. */
  isPlain(row: number): boolean {
    return (
      (this.tape.marks(row) & MATTERS) === 0 &&
      !this.mayHoldPattern(this.tape.start(row), this.tape.end(row))
    )
  }

  /** A text that may be JSON. */
  mayHoldJson(row: number): boolean {
    return (this.tape.marks(row) & JSON_TEXT) !== 0
  }

  /** The name under which a value stands in its object, as a byte string; empty in an array. */
  key(row: number): string {
    const start = this.tape.keyStart(row)
    return start === 0 ? '' : jsonText(this.bytes, start, this.tape.keyEnd(row)).bytes
  }

  /** The text of a string; of anything else its JSON. */
  text(row: number): Text {
    const start = this.tape.start(row)
    const end = this.tape.end(row)
    if (this.isString(row)) return jsonText(this.bytes, start + 1, end - 1)
    return { bytes: this.bytes.toString('latin1', start, end), base: start, places: undefined }
  }

  /** Whether a stretch of the bytes may hold something that `patterns.ts` finds. */
  protected mayHoldPattern(start: number, end: number): boolean {
    return this.#candidates.anyIn(start, end)
  }
}
