import { mostOfSmall } from './members.ts'
import type { RuleState } from './rule-state.ts'

/**
 * Puts an entry into its group in the ordinary case, which needs no order of the group: this is small, the entry comes
 * behind all others, all of them are still needed, and where requests count none is of its request. Returns the steps of
 * all of them and it; undefined, with nothing changed, in any other case.
 */
export function append(
  { entries, groups, members, plan }: RuleState,
  group: number,
  row: number,
  horizonUs: number,
): number | undefined {
  // Of a large group it is 0.
  const length = groups.lengths[group]!
  if (length === 0 || length === mostOfSmall || members.idle(group).length > 0) return undefined
  const { next, timesUs, identities } = entries
  const tail = groups.tails[group]!
  const head = next[tail]!
  if (timesUs[head]! <= horizonUs || entries.compare(row, tail) <= 0) return undefined
  const countsRequests = plan.settings.count === 'requests'
  const { hasSteps } = plan.entryShape
  let steps = hasSteps ? entries.steps[row]! : 0
  let one = tail
  for (let i = 0; i < length; i++) {
    one = next[one]!
    if (countsRequests && identities.isSameRequest(one, row)) return undefined
    if (hasSteps) steps |= entries.steps[one]!
  }
  next[row] = head
  next[tail] = row
  groups.tails[group] = row
  groups.lengths[group] = length + 1
  return steps
}
