import process from 'node:process'
import { readSecret } from '../../../src/config/secret.ts'
import type { Alert, Logger, Outcome } from '../../../src/contracts.ts'
import { messageOf } from '../../../src/errors.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { systemClock } from '../../../src/util/clock.ts'

const silent = () => undefined
const logger: Logger = { error: silent, warn: silent, info: silent, debug: silent }

/** A sink as the service makes it, started; `write` fails unless everything was delivered. */
export async function startRealSink(config: Readonly<Record<string, unknown>>) {
  const parsed = sinkConfigSchema.parse({ name: 'real', ...config })
  const { stdout } = process
  const sink = createSink(parsed, { clock: systemClock, logger, fetch, readSecret, stdout })
  await sink.start()
  const attempt = (alerts: readonly Alert[]) => sink.write(alerts, AbortSignal.timeout(60_000))
  return {
    attempt,
    write: async (alerts: readonly Alert[]) => {
      const outcomes = await attempt(alerts)
      const failed = outcomes.find(({ status }) => status !== 'delivered')
      if (failed !== undefined) throw new Error(`not delivered: ${wordsOf(failed)}`)
    },
    stop: () => sink.stop(AbortSignal.timeout(10_000)),
  }
}

export function wordsOf(outcome: Outcome): string {
  return 'error' in outcome ? `${outcome.status}: ${messageOf(outcome.error)}` : outcome.status
}

/** One line of what was found. Ends the process with 1 at the end when it is not as it should be. */
export function report(what: string, found: unknown, expected: unknown): void {
  const isRight = JSON.stringify(found) === JSON.stringify(expected)
  if (!isRight) process.exitCode = 1
  const shown = isRight ? '' : `, but should be ${JSON.stringify(expected)}`
  process.stdout.write(`${what}: ${JSON.stringify(found)}${shown}\n`)
}
