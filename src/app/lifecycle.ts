import { setTimeout as wait } from 'node:timers/promises'
import type { Component, Logger } from '../contracts.ts'
import { KubewitnessError, messageOf } from '../errors.ts'

/** Components in the order in which they start; those of an inner list start side by side. */
export type StartOrder = readonly (Component | readonly Component[])[]

/**
 * Starts components in the order given: what is downstream first, so that whoever receives finds its consumer ready.
 * If one fails, those that had started are stopped again and the error goes on; of components that start side by side, all of
 * their errors in one.
 */
export async function startAll(order: StartOrder, logger: Logger): Promise<void> {
  const started: Component[] = []
  for (const step of order) {
    const starting = [step].flat()
    started.push(...starting)
    const results = await Promise.allSettled(starting.map((component) => component.start()))
    const errors = results.flatMap((result): unknown[] =>
      result.status === 'rejected' ? [result.reason] : [],
    )
    if (errors.length === 0) continue
    await stopAll(started, AbortSignal.timeout(5000), logger)
    throw errors.length === 1 ? errors[0] : allOf(errors)
  }
}

function allOf(errors: readonly unknown[]): KubewitnessError {
  const rows = errors.map((error) => `  ${messageOf(error)}\n`)
  return new KubewitnessError(
    'config.invalid',
    `${errors.length} things that the configuration names cannot be used:\n${rows.join('')}`,
    { cause: new AggregateError(errors), next: 'correct all of them, and start again' },
  )
}

/** How long a component may take to give up once the deadline is over, before the next is stopped. */
const graceMs = 250
/** And how long all of them together. */
const allGraceMs = 1500

/**
 * Stops in the reverse order: who receives first. A component that fails to stop does not keep the others; nor does one that is
 * still at it when the deadline is over, such as a reader that waits for brokers that are away: what it had not finished is done
 * again after the next start.
 */
export async function stopAll(
  components: readonly Component[],
  deadline: AbortSignal,
  logger: Logger,
): Promise<void> {
  const late = new Map<string, Promise<void>>()
  const deadlineOver = new Promise<void>((resolve) => {
    if (deadline.aborted) resolve()
    deadline.addEventListener('abort', () => resolve(), { once: true })
  })
  const graceOver = deadlineOver.then(() => wait(allGraceMs))
  for (const component of components.toReversed()) {
    const { name } = component
    const stopped = stop(component, deadline, logger).finally(() => late.delete(name))
    late.set(name, stopped)
    await Promise.race([stopped, deadlineOver.then(() => wait(graceMs)), graceOver])
  }
  await Promise.race([Promise.all(late.values()), graceOver])
  if (late.size > 0)
    logger.error('Components did not stop in time', { components: [...late.keys()].join(', ') })
}

async function stop(component: Component, deadline: AbortSignal, logger: Logger): Promise<void> {
  try {
    await component.stop(deadline)
  } catch (error) {
    logger.error('A component did not stop cleanly', {
      component: component.name,
      message: messageOf(error),
    })
  }
}
