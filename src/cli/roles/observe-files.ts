import { observeOffline } from '../../app/observe-offline.ts'
import { messageOf } from '../../errors.ts'
import { Observation, type ObservationOptions } from '../../rbac/observe/observation.ts'
import { openInput } from '../../sources/file/open-input.ts'
import { type CliContext, write } from '../context.ts'
import { createProgress } from '../progress.ts'
import { rejectedLine } from '../scan-report.ts'

/** Items without events that are listed; beyond them they are counted. */
const maxListed = 20

export interface ObservedFiles {
  readonly observation: Observation
  /** Some file could not be read to its end. */
  readonly isIncomplete: boolean
}

/** The cluster's name in an observation of files, which do not tell. */
export const clusterOfFiles = ''

/**
 * What the events of some files tell of permissions, with progress on a terminal. What holds no event is passed over and said
 * on standard error, with file and offset, and so is a file that cannot be read.
 */
export async function observeFiles(
  files: readonly string[],
  context: CliContext,
  options: ObservationOptions = {},
): Promise<ObservedFiles> {
  const observation = new Observation(options)
  const progress = createProgress(context)
  let isIncomplete = false
  let rejected = 0
  for (const file of files) {
    try {
      const input = openInput(file, {
        stdin: context.stdin,
        onProgress: ({ bytesRead, totalBytes }) => progress.show(file, bytesRead, totalBytes),
        reusesMemory: true,
      })
      for await (const { rejects } of observeOffline(input, observation, clusterOfFiles)) {
        for (const item of rejects) {
          rejected += 1
          const place = { ...item, bytes: item.end - item.start }
          if (rejected <= maxListed) await write(context.stderr, rejectedLine(file, place))
        }
        if (context.stopping.aborted) return { observation, isIncomplete: true }
      }
    } catch (error) {
      isIncomplete = true
      await write(context.stderr, `kubewitness: ${messageOf(error)}\n`)
    }
    progress.clear()
  }
  if (rejected > 0)
    await write(context.stderr, `${rejected} items are no events and were left out\n`)
  return { observation, isIncomplete }
}
