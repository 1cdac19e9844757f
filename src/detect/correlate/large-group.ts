import type { Evaluator } from './evaluator.ts'
import { Fingerprints } from './fingerprints.ts'
import { Order } from './order.ts'
import { Parts } from './parts.ts'

/** What a group of many entries keeps, so that not all has to be gone through for each. */
export interface LargeGroup {
  readonly order: Order
  /** The window that ended last. */
  evaluator: Evaluator | undefined
  /** Of the requests of its entries, those that do not count included. */
  readonly requests: Fingerprints
  /** None of its entries that count is older. */
  oldestUs: number
  /** No entry later than that is still to be told. */
  lastUntoldUs: number
  /** As far as they have been added up. */
  bytes: number
  readonly parts: Parts
}

/** Without entries. */
export function newLargeGroup(): LargeGroup {
  return {
    order: new Order(),
    evaluator: undefined,
    requests: new Fingerprints(),
    oldestUs: Number.POSITIVE_INFINITY,
    lastUntoldUs: Number.NEGATIVE_INFINITY,
    bytes: 0,
    parts: new Parts(),
  }
}
