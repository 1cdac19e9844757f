import type { EventBatch } from '../../src/contracts.ts'
import type { BatchMatches } from '../../src/detect/batch-matches.ts'
import type { Credentials } from '../../src/detect/credentials/credentials.ts'
import type { RuleMatch, RuleSet } from '../../src/detect/match.ts'

/** All matches of a batch, in the order of its items. */
export function matchBatch(
  ruleSet: RuleSet,
  batch: EventBatch,
  credentials?: Credentials,
): { readonly matches: readonly RuleMatch[] } & Pick<BatchMatches, 'decoded' | 'undecodable'> {
  const all = ruleSet.open(batch, credentials)
  const matches: RuleMatch[] = []
  for (let item = 0; item < batch.index.count; item++) matches.push(...all.of(item))
  const { decoded, undecodable } = all
  return { matches, decoded, undecodable }
}
