import type { CorrelationRule } from '../../../src/contracts.ts'
import type { GroupValue } from '../../../src/detect/correlate/correlator.ts'
import { planOf } from '../../../src/detect/correlate/plan.ts'
import type { Entry } from './naive-condition.ts'

/** What is kept of a group. */
export interface KeptGroup {
  readonly cluster: string
  readonly values: readonly GroupValue[]
  /** Those that count, and those that do not because of an earlier one of their request. */
  readonly counted: readonly Entry[]
  readonly idle: readonly Entry[]
  /** It has had more than 16 entries that count, and never since less than 8. */
  readonly isLarge: boolean
}

/**
 * What a group takes by the engine's own account, added up anew: columns, its key, what stands beside the columns, and of
 * a large group what is kept up to date.
 */
export function bytesOfGroup(
  rule: CorrelationRule,
  { cluster, values, counted, idle, isLarge }: KeptGroup,
): number {
  const plan = planOf(rule, [], [], { tells: 'settled', settings: {} })
  const kind = plan.entryShape.values
  const row = 46 + (plan.entryShape.hasSteps ? 4 : 0) + (kind === 'none' ? 0 : 8)
  const content = { none: 0, texts: 24, numbers: 12 }[kind]
  const entryBytes = (entry: Entry): number => row + besideColumns(entry, kind)
  return (
    (plan.telling === 'atOnce' ? 42 : 54) +
    keyBytes([cluster, ...values]) +
    [...counted, ...idle].reduce((sum, entry) => sum + entryBytes(entry), 0) +
    (isLarge ? 400 + counted.length * (6 + 12 + content) : 0)
  )
}

/** An audit id that is no UUID, as all of generated events are, and values when there are several. */
function besideColumns({ event, values }: Entry, kind: 'none' | 'texts' | 'numbers'): number {
  const several = kind === 'none' || values.length < 2 ? 0 : values.length
  return 160 + String(event.raw['auditID']).length * 2 + several * (kind === 'texts' ? 16 : 8)
}

/** Each part with a sign before and behind it, and the length before all. ASCII alone. */
function keyBytes(parts: readonly GroupValue[]): number {
  const length = parts.reduce<number>((sum, part) => sum + String(part).length + 2, 0)
  return length + (length < 255 ? 1 : 5)
}
