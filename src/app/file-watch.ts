import { type FSWatcher, watch } from 'node:fs'
import type { Component, Logger } from '../contracts.ts'
import { messageOf } from '../errors.ts'

const settleMs = 300

/** Calls back when a file below one of the paths has changed, once things have been quiet for a moment. */
export function createFileWatch(options: {
  readonly paths: readonly string[]
  readonly onChange: () => void
  readonly logger: Logger
}): Component {
  let watchers: FSWatcher[] = []
  let timer: NodeJS.Timeout | undefined
  const changed = (): void => {
    clearTimeout(timer)
    timer = setTimeout(options.onChange, settleMs)
  }
  return {
    name: 'file watch',
    start: async () => {
      watchers = options.paths.flatMap((path) => {
        try {
          const watcher = watch(path, { recursive: true }, changed)
          watcher.on('error', (error) =>
            options.logger.warn('A path is no longer watched; SIGHUP reloads', {
              path,
              message: messageOf(error),
            }),
          )
          return [watcher]
        } catch (error) {
          options.logger.warn('A path cannot be watched; SIGHUP reloads', {
            path,
            message: messageOf(error),
          })
          return []
        }
      })
    },
    stop: async () => {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
      watchers = []
    },
  }
}
