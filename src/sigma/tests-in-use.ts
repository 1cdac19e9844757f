import type { ValueTest } from '../contracts.ts'
import type { FieldItem } from './field-item.ts'
import { createTest } from './values.ts'

/** Gives the same test for equal items, so that an engine can tell by identity that two rules ask the same. */
export type InternTest = (item: FieldItem) => ValueTest | string

export function createTestTable(): InternTest {
  const tests = new Map<string, ValueTest>()
  return (item) => {
    const key = JSON.stringify([item.values, item.isAll, item.isCased])
    const known = tests.get(key)
    if (known !== undefined) return known
    const test = createTest(item)
    if (typeof test !== 'string') tests.set(key, Object.freeze(test))
    return test
  }
}
