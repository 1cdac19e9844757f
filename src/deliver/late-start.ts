import type { Logger, Sink } from '../contracts.ts'

/**
 * A sink that takes nothing while it cannot start: each write tries again to start it, and rejects as that does. So what a
 * sink needs may be missing when the service starts, and be there later.
 */
export function withLateStart<T>(sink: Sink<T>, name: string, logger: Logger): Sink<T> {
  let isStarted = false
  let hasFailed = false
  const start = async (): Promise<void> => {
    try {
      await sink.start()
    } catch (error) {
      hasFailed = true
      throw error
    }
    isStarted = true
    if (hasFailed) logger.info('Sink has started', { sink: name })
  }
  return {
    ...sink,
    start,
    write: async (batch, signal) => {
      if (!isStarted) await start()
      return sink.write(batch, signal)
    },
  }
}
