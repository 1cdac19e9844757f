import type { Log } from '../../src/contracts.ts'

/** A log whose readers' commits can be waited for. */
export interface CommitWatch {
  readonly log: Log
  /** Resolves when so many records are committed in all, by whichever reader. */
  committed(records: number): Promise<void>
}

export function watchCommits(log: Log): CommitWatch {
  const waiting: { readonly records: number; readonly done: () => void }[] = []
  let committed = 0
  const wake = (): void => {
    for (const { records, done } of waiting) if (committed >= records) done()
  }
  return {
    log: {
      ...log,
      async *read(...given) {
        for await (const delivery of log.read(...given))
          yield {
            ...delivery,
            commit: async (...changes) => {
              await delivery.commit(...changes)
              committed += delivery.records.length
              wake()
            },
          }
      },
    },
    committed: (records) =>
      new Promise((done) => {
        waiting.push({ records, done })
        wake()
      }),
  }
}
