import { untilAborted } from '../until-aborted.ts'
import { kafkaError } from './kafka-error.ts'

const withinMs = 10_000

/**
 * Waits for what the brokers have to answer for ten seconds: then rejects, to be repeated, and the signal aborts. What was begun
 * goes on unwatched.
 */
export async function inTime(begin: (late: AbortSignal) => Promise<void>): Promise<void> {
  const late = new AbortController()
  const timer = setTimeout(() => {
    const reason = new Error(`no answer in ${withinMs / 1000} seconds`)
    late.abort(kafkaError('appending', reason))
  }, withinMs)
  try {
    await untilAborted(begin(late.signal), late.signal)
  } finally {
    clearTimeout(timer)
  }
}
