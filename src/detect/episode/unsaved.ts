/** Which of the records of a part differ from what was saved. */
export interface Unsaved {
  /** It is new, or another than before. */
  change(key: string): void
  /** It is gone. One that was never saved leaves no trace: where nothing is saved, nothing piles up. */
  remove(key: string): void
  /** It is as it was saved. */
  restored(key: string): void
  /** All since the last call, which are saved now. */
  take(): { readonly changed: readonly string[]; readonly gone: readonly string[] }
}

export function createUnsaved(): Unsaved {
  const saved = new Set<string>()
  const changed = new Set<string>()
  const gone = new Set<string>()
  return {
    change: (key) => {
      changed.add(key)
      gone.delete(key)
    },
    remove: (key) => {
      changed.delete(key)
      if (saved.has(key)) gone.add(key)
    },
    restored: (key) => {
      saved.add(key)
    },
    take: () => {
      const taken = { changed: [...changed], gone: [...gone] }
      for (const key of changed) saved.add(key)
      for (const key of gone) saved.delete(key)
      changed.clear()
      gone.clear()
      return taken
    },
  }
}
