import type { Outcome } from '../contracts.ts'
import { KubewitnessError, messageOf } from '../errors.ts'

/** How long to wait before asking again about something that only an operator can mend. */
export const misconfiguredRetryMs = 60_000

export const delivered: Outcome = { status: 'delivered' }

/** The sink has nothing to tell of this item. */
export const skipped: Outcome = { status: 'skipped' }

/** The sink is down, slow or full: it will heal by itself. `afterMs` is what the other side asked for. */
export function unavailable(message: string, afterMs?: number): Outcome {
  const error = new KubewitnessError('sink.unavailable', message, { retryable: true })
  return { status: 'retry', error, ...(afterMs === undefined ? {} : { afterMs }) }
}

/** The other side asks for less: no item is at fault. */
export function busy(message: string, afterMs?: number): Outcome {
  return blameless(unavailable(message, afterMs))
}

/** What became of others, for an item that was not tried itself. */
export function blameless(outcome: Outcome): Outcome {
  return outcome.status === 'retry' ? { ...outcome, isBlameless: true } : outcome
}

/**
 * The sink refuses everything until somebody changes something: a revoked address, a wrong password.
 * Items are kept and repeated slowly. `retryable: false` on the error is what tells it from `unavailable`.
 */
export function misconfigured(message: string, next: string): Outcome {
  const error = new KubewitnessError('sink.unavailable', message, { next, retryable: false })
  return { status: 'retry', error, afterMs: misconfiguredRetryMs }
}

/** True for the outcomes that `misconfigured` makes. */
export function isMisconfigured(outcome: Outcome): boolean {
  if (outcome.status !== 'retry') return false
  return outcome.error instanceof KubewitnessError && !outcome.error.retryable
}

/** What a thrown error means: one of ours that no repeat heals, such as a secret that is gone, needs an operator. */
export function outcomeOfError(action: string, error: unknown): Outcome {
  if (error instanceof KubewitnessError && !error.retryable) {
    return misconfigured(`${action}: ${error.message}`, error.next ?? 'correct the configuration')
  }
  return unavailable(`${action}: ${messageOf(error)}`)
}

/** This one item will never be taken. */
export function refused(message: string): Outcome {
  return { status: 'rejected', error: new KubewitnessError('sink.rejected', message) }
}

/** The same outcome for every item. */
export function forAll(batch: readonly unknown[], outcome: Outcome): Outcome[] {
  return batch.map(() => outcome)
}
