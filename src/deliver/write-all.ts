import type { Outcome, Sink } from '../contracts.ts'
import { messageOf } from '../errors.ts'

/** As the sink answers; a sink that breaks its promise, by throwing or by miscounting, has taken nothing. */
export async function writeAll<T>(
  sink: Sink<T>,
  items: readonly T[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const failed = (error: Error): Outcome[] => items.map(() => ({ status: 'retry', error }))
  try {
    const outcomes = await sink.write(items, signal)
    if (outcomes.length === items.length) return outcomes
    return failed(new Error(`${outcomes.length} outcomes for ${items.length} items`))
  } catch (error) {
    return failed(error instanceof Error ? error : new Error(messageOf(error)))
  }
}
