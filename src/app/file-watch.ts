import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Component } from '../contracts.ts'
import { fewAtOnce } from '../util/few-at-once.ts'
import { isVersionFolder } from './folder-files.ts'

export interface FileWatchOptions {
  /** Files and folders. What is not there yet may come. */
  readonly paths: readonly string[]
  readonly onChange: () => void
  readonly clock: Clock
  /** Time from one look to the next. */
  readonly everyMs?: number
}

/**
 * Calls back when a file at or below one of the paths has changed, and has stayed so for one look. It looks itself: what the
 * system tells of changes it tells of the file that was opened, not of the one that a symbolic link leads to by now, which
 * is how Kubernetes replaces what it mounts; and of network file systems it tells nothing.
 */
export function createFileWatch({
  paths,
  onChange,
  clock,
  everyMs = 1000,
}: FileWatchOptions): Component {
  const stopping = new AbortController()
  const look = async (): Promise<string> =>
    (await Promise.all(paths.map((path) => stateOf(path)))).join('\n')
  const watch = async (told: string): Promise<void> => {
    let known = told
    let last = told
    while (!stopping.signal.aborted) {
      await clock.sleep(everyMs, stopping.signal)
      const now = await look()
      if (now === last && now !== known) {
        known = now
        onChange()
      }
      last = now
    }
  }
  let watching: Promise<void> = Promise.resolve()
  return {
    name: 'file watch',
    start: async () => {
      watching = watch(await look()).catch(() => undefined) // Ends only by the abort of stop.
    },
    stop: async () => {
      stopping.abort()
      await watching
    },
  }
}

/** In one folder. The thread receives, too. */
const looksAtOnce = 16

/** Differs when a file has changed, has come or has gone, wherever links lead. */
async function stateOf(path: string, above: readonly string[] = []): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return `${path} is not there`
  const identity = `${found.dev}:${found.ino}`
  if (!found.isDirectory()) return `${path} ${identity} ${found.ctimeMs} ${found.size}`
  if (above.includes(identity)) return `${path} leads back`
  const names = await readdir(path).catch(() => [])
  const inner = await fewAtOnce(
    names.filter((name) => !isVersionFolder(name)).sort(),
    looksAtOnce,
    (name) => stateOf(join(path, name), [...above, identity]),
  )
  return inner.join('\n')
}
