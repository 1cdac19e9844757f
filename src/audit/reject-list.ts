import { type RejectReason, rejectReasons, type SplitReject } from './reject.ts'

/** With nothing good between them; the last one takes in what follows. */
const maxInRow = 1000

/** The rejects of a window, of which there are never so many in a row that they cost more than what they are about. */
export class RejectList {
  readonly #keepsObjects: boolean
  #rejects: SplitReject[] = []
  #inRow = 0

  /** `keepsObjects`: objects that are no events count as good. */
  constructor(keepsObjects: boolean) {
    this.#keepsObjects = keepsObjects
  }

  add(reason: RejectReason, offset: number, start: number, end: number): void {
    const last = this.#rejects.at(-1)
    const isKept = this.#keepsObjects && reason === 'not_an_event'
    if (!isKept && ++this.#inRow > maxInRow && last !== undefined) {
      this.#rejects[this.#rejects.length - 1] = { ...last, end }
    } else {
      this.#rejects.push({ reason, offset, start, end, message: rejectReasons[reason] })
    }
  }

  /** Something good came. */
  endRow(): void {
    this.#inRow = 0
  }

  /** Those since the last call. */
  take(): readonly SplitReject[] {
    const rejects = this.#rejects
    this.#rejects = []
    return rejects
  }
}
