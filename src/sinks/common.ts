import { z } from 'zod'
import type { Clock, Logger } from '../contracts.ts'
import { levels } from '../sigma/levels.ts'
import type { ReadSecret } from '../util/secret.ts'

export { secretReference } from '../util/secret.ts'

/** What every sink has in its configuration. `minimumLevel` is applied by whoever feeds the sink. */
export const commonSinkShape = {
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
      'up to 63 letters, digits, dots, dashes and underscores',
    )
    .describe(
      'Names the sink in metrics and diagnostics, and its place in the log: a new name starts over.',
    ),
  minimumLevel: z.enum(levels).optional().describe('Alerts below this level are passed over.'),
}

/** The world, as sinks see it. */
export interface SinkDependencies {
  readonly clock: Clock
  readonly logger: Logger
  readonly fetch: typeof fetch
  /** Put around a `fetch` that a sink makes for itself, of certificates of its own; for those who listen to what is answered. */
  readonly listenIn?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch
  readonly readSecret: ReadSecret
  /** Where the sink of type `stdout` writes. */
  readonly stdout: NodeJS.WritableStream
  /** The address of the page of an alert, if people can reach it. */
  readonly alertUrl?: ((id: string) => string) | undefined
}

/** How many of the values are set: for "exactly one of" in schemas. */
export function countSet(...values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined).length
}
