import type { ThresholdTest } from '../contracts.ts'

/** How a number of an event has to stand to the one of a rule. */
export type NumberOperator = 'lt' | 'lte' | 'gt' | 'gte' | 'eq'

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

/** A number of an event: a JSON number, or a text that is written like one. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.length <= 64 && jsonNumber.test(value)
    ? Number(value)
    : undefined
}

/** Whether the first number stands to the second as the operator says. */
export function compareNumbers(left: number, operator: NumberOperator, right: number): boolean {
  switch (operator) {
    case 'lt':
      return left < right
    case 'lte':
      return left <= right
    case 'gt':
      return left > right
    case 'gte':
      return left >= right
    case 'eq':
      return left === right
    default:
      return operator satisfies never
  }
}

/** Whether a measured number passes one test of a correlation. */
export function passesThreshold(
  value: number,
  { operator, value: threshold }: ThresholdTest,
): boolean {
  return operator === 'neq' ? value !== threshold : compareNumbers(value, operator, threshold)
}
