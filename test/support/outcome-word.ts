import type { Outcome } from '../../src/contracts.ts'
import { messageOf } from '../../src/errors.ts'

/** An outcome as one text: its status, and what went wrong. */
export function wordOf(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'none'
  return 'error' in outcome ? `${outcome.status} ${messageOf(outcome.error)}` : outcome.status
}
