import { PassThrough } from 'node:stream'
import type { SinkDependencies } from '../../src/sinks/common.ts'
import { type ReadSecret, Secret } from '../../src/util/secret.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { createRecordingLogger, type RecordingLogger } from '../support/recording-logger.ts'

/** Dependencies of a sink for tests: a clock that stands still, and secrets from a table by file name. */
export interface SinkWorld extends SinkDependencies {
  readonly clock: FakeClock
  readonly logger: RecordingLogger
  readonly secrets: Map<string, string>
  /** Requests that `fetch` has not answered yet. */
  readonly inFlight: () => number
  /** How far `whileTimePasses` sets the clock at a time: little where it cannot see what is under way. */
  readonly stepMs: number
}

export function createSinkWorld(
  secrets: Readonly<Record<string, string>> = {},
  changes: Partial<Pick<SinkWorld, 'stdout' | 'stepMs'>> = {},
): SinkWorld {
  const table = new Map(Object.entries(secrets))
  const readSecret: ReadSecret = async (reference) => {
    const text = 'file' in reference ? table.get(reference.file) : undefined
    if (text === undefined) throw new Error('no such secret')
    return new Secret(text)
  }
  let inFlight = 0
  const countingFetch: typeof fetch = async (input, init) => {
    inFlight++
    try {
      return await fetch(input, init)
    } finally {
      inFlight--
    }
  }
  return {
    clock: createFakeClock(),
    logger: createRecordingLogger(),
    secrets: table,
    inFlight: () => inFlight,
    fetch: countingFetch,
    readSecret,
    stdout: new PassThrough(),
    stepMs: 1_000,
    ...changes,
  }
}

/** Lets real I/O go on until the condition holds; fails after five seconds. */
export async function eventually(condition: () => boolean): Promise<void> {
  const untilMs = performance.now() + 5_000
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error('the condition did not come true')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Waits for a result while the fake clock runs on, a step at a time, whenever no request is under way. */
export async function whileTimePasses<T>(world: SinkWorld, result: Promise<T>): Promise<T> {
  let isDone = false
  const finished = result.finally(() => {
    isDone = true
  })
  finished.catch(() => undefined)
  await eventuallyAdvancing(world, () => isDone)
  return finished
}

async function eventuallyAdvancing(world: SinkWorld, isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !isDone(); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 2))
    if (world.inFlight() === 0 && !isDone()) await world.clock.advance(world.stepMs)
  }
}
