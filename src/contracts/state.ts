/** One record of what a part of the engine remembers. The key begins with the name of the part: `correlation/…`, and is well-formed Unicode. */
export interface StateRecord {
  readonly key: string
  readonly value: Uint8Array
}

/** A record that is to be saved over the one of the same key, or (`undefined`) to go. */
export interface StateChange {
  readonly key: string
  readonly value: Uint8Array | undefined
}

/** A part of the engine that remembers: windows, baselines, credentials, episodes. A pure function of what it was given, in order. */
export interface Remembering {
  /** What changed since the last call. Saved over the records before, they give this state again. */
  takeChanges(): readonly StateChange[]
  /** Once, before anything else: the records with this part's prefix, in any order. Those it cannot use any more are dropped and appear as changes. */
  restore(records: Iterable<StateRecord>): void
}
