import { z } from 'zod'
import type { Alert, Outcome, Sink } from '../contracts.ts'
import { alertLine } from './alert-json.ts'
import { commonSinkShape, type SinkDependencies } from './common.ts'
import { delivered, forAll, misconfigured, unavailable } from './outcomes.ts'
import { createWriteGate } from './write-gate.ts'

export const stdoutSinkSchema = z.strictObject({ ...commonSinkShape, type: z.literal('stdout') })

/**
 * One alert a line on a stream. A batch counts as delivered once the stream has handed it on, so a slow reader slows
 * the sink down and nothing piles up. When the reader has gone (EPIPE), alerts stay in the log.
 */
export function createStdoutSink(
  config: z.output<typeof stdoutSinkSchema>,
  dependencies: SinkDependencies,
): Sink<Alert> {
  const { stdout } = dependencies
  const gate = createWriteGate<Alert>(config.name)
  // A stream also emits what a write's callback reports; unheard, that would end the process.
  const onError = () => undefined
  return {
    name: config.name,
    limits: { maxItems: 200, maxBytes: 1024 * 1024, lingerMs: 0 },
    start: async () => {
      stdout.on('error', onError)
    },
    write: (batch, signal) =>
      gate.run(batch, signal, async (gateSignal) => {
        const text = batch.map((alert) => `${alertLine(alert)}\n`).join('')
        const outcome = await writeText(stdout, text, config.name, gateSignal)
        return forAll(batch, outcome)
      }),
    stop: async (deadline) => {
      await gate.stop(deadline)
      stdout.off('error', onError)
    },
  }
}

function writeText(
  stream: NodeJS.WritableStream,
  text: string,
  sinkName: string,
  signal: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const onAbort = () => settle(unavailable(`writing to sink ${sinkName}: stopped while waiting`))
    const settle = (outcome: Outcome) => {
      signal.removeEventListener('abort', onAbort)
      resolve(outcome)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    stream.write(text, (error) => {
      if (error === null || error === undefined) settle(delivered)
      else settle(streamFailed(sinkName, error))
    })
  })
}

function streamFailed(sinkName: string, error: Error): Outcome {
  return misconfigured(
    `writing to sink ${sinkName}: the output stream is closed (${error.message})`,
    'start the process again with somebody reading its output; the alerts are kept',
  )
}
