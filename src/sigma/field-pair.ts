import type { PairTest } from '../contracts.ts'
import type { FieldValue } from './field-item.ts'
import { foldCase, textOf } from './fold.ts'

const compare: Readonly<Record<FieldValue['place'], (text: string, other: string) => boolean>> = {
  whole: (text, other) => text === other,
  start: (text, other) => text.startsWith(other),
  end: (text, other) => text.endsWith(other),
  anywhere: (text, other) => text.includes(other),
}

const words: Readonly<Record<FieldValue['place'], string>> = {
  whole: 'equals',
  start: 'starts with',
  end: 'ends with',
  anywhere: 'contains',
}

/** Whether any value of a field stands so to any value of another: by their texts, so that null and objects never do. */
export function createPairTest({ path, place }: FieldValue, isCased: boolean): PairTest {
  const holds = compare[place]
  const text = (value: unknown): string | undefined => {
    const own = textOf(value)
    return own === undefined || isCased ? own : foldCase(own)
  }
  return {
    description: `${words[place]} the field ${path}`,
    matches: (values, others) => {
      if (values === undefined || others === undefined) return false
      for (const value of values) {
        const own = text(value)
        if (own === undefined) continue
        for (const candidate of others) {
          const other = text(candidate)
          if (other !== undefined && holds(own, other)) return true
        }
      }
      return false
    },
  }
}
