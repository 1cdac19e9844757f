import type { Log, Remembering, StateChange } from '../contracts.ts'

/** What the parts of one delivery remember, saved in the steps that move its cursor. */
export interface SavedState {
  /** All that no commit has saved yet. */
  unsaved(): readonly StateChange[]
  /** To be told once a commit has saved what `unsaved` gave. */
  saved(): void
}

/** Gives every part what it had saved, by the prefix of its keys. */
export async function restoreState(
  { group, log, topic }: { readonly log: Log; readonly topic: string; readonly group: string },
  parts: Readonly<Record<string, Remembering>>,
): Promise<SavedState> {
  for (const [prefix, part] of Object.entries(parts))
    part.restore(await log.readState(topic, group, prefix))
  const waiting = new Map<string, StateChange>()
  return {
    unsaved: () => {
      for (const part of Object.values(parts))
        for (const change of part.takeChanges()) waiting.set(change.key, change)
      return [...waiting.values()]
    },
    saved: () => waiting.clear(),
  }
}
