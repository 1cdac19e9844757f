interface Edit {
  readonly start: number
  readonly end: number
  readonly replacement: string
}

/** Replacements in bytes, collected in any order and made in one go. One that lies in another is dropped. */
export class Edits {
  readonly #edits: Edit[] = []

  get isEmpty(): boolean {
    return this.#edits.length === 0
  }

  /** `replacement` is a byte string. */
  add(start: number, end: number, replacement: string): void {
    this.#edits.push({ start, end, replacement })
  }

  inOrder(): readonly Edit[] {
    let end = 0
    return this.#edits
      .toSorted((a, b) => a.start - b.start || b.end - a.end)
      .filter((edit) => {
        if (edit.start < end) return false
        end = edit.end
        return true
      })
  }

  /** A copy of `bytes[start, end)` with everything replaced. */
  apply(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const parts: Uint8Array[] = []
    let from = start
    for (const edit of this.inOrder()) {
      parts.push(bytes.subarray(from, edit.start), Buffer.from(edit.replacement, 'latin1'))
      from = edit.end
    }
    parts.push(bytes.subarray(from, end))
    return Buffer.concat(parts)
  }
}
