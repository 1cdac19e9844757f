import type { Outcome } from '../contracts.ts'
import { blameless, forAll } from './outcomes.ts'

/** What came of sending a part of a batch in one request. */
export interface Verdict {
  readonly outcome: Outcome
  /** Worth trying apart: a refusal, a body too large, or a receiver that falls over an item. */
  readonly mayBeOneItem?: boolean
}

/** Enough to find two bad items among a thousand; a receiver that refuses everything gets no flood of requests. */
const maxFailures = 32

/**
 * Sends a batch in parts of at most `maxItems`, one after the other. A part that fails because of one of its items is
 * halved until that item stands alone. Once the other side fails for another reason, or too often, the rest is not tried
 * and asks for a repeat.
 */
export async function sendInParts<T>(
  batch: readonly T[],
  maxItems: number,
  attempt: (part: readonly T[]) => Promise<Verdict>,
  tooManyFailures: Outcome,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const parts = chunks(batch, maxItems)
  let failures = 0
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const { outcome, mayBeOneItem = false } = await attempt(part)
    if (mayBeOneItem) failures++
    if (mayBeOneItem && part.length > 1 && failures <= maxFailures) {
      parts.unshift(...chunks(part, Math.ceil(part.length / 2)))
      continue
    }
    // A refusal of several is no verdict on any of them.
    const isVague = outcome.status === 'rejected' && part.length > 1
    outcomes.push(...forAll(part, isVague ? tooManyFailures : outcome))
    const isDown = outcome.status === 'retry' && !mayBeOneItem
    if (isDown || failures > maxFailures) {
      outcomes.push(...forAll(parts.flat(), blameless(isDown ? outcome : tooManyFailures)))
      break
    }
  }
  return outcomes
}

function chunks<T>(items: readonly T[], size: number): (readonly T[])[] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size))
}
