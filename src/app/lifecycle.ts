import type { Component, Logger } from '../contracts.ts'
import { messageOf } from '../errors.ts'

/**
 * Starts components in the order given: what is downstream first, so that whoever receives finds its consumer ready.
 * If one fails, those that had started are stopped again and the error goes on.
 */
export async function startAll(components: readonly Component[], logger: Logger): Promise<void> {
  const started: Component[] = []
  for (const component of components) {
    try {
      started.push(component)
      await component.start()
    } catch (error) {
      await stopAll(started, AbortSignal.timeout(5000), logger)
      throw error
    }
  }
}

/** Stops in the reverse order: who receives first. A component that fails to stop does not keep the others. */
export async function stopAll(
  components: readonly Component[],
  deadline: AbortSignal,
  logger: Logger,
): Promise<void> {
  for (const component of components.toReversed()) {
    try {
      await component.stop(deadline)
    } catch (error) {
      logger.error('A component did not stop cleanly', {
        component: component.name,
        message: messageOf(error),
      })
    }
  }
}
