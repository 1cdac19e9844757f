import type { ThresholdTest } from '../../contracts.ts'
import { compareNumbers } from '../../sigma/number-test.ts'

export function compareThreshold(
  value: number,
  { operator, value: threshold }: ThresholdTest,
): boolean {
  return operator === 'neq' ? value !== threshold : compareNumbers(value, operator, threshold)
}
