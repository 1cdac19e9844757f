import type { PlainValue } from './field-item.ts'
import { isLoneAny, literalOf, type Pattern, patternText } from './wildcard.ts'

const maxDescribed = 5

/** What a list of values asks for, in words. */
export function describe(values: readonly PlainValue[]): string {
  const shown = values.slice(0, maxDescribed).map(describeValue)
  const more = values.length > maxDescribed ? [`${values.length - maxDescribed} more`] : []
  return [...shown, ...more].join(' or ')
}

function describeValue(value: PlainValue): string {
  switch (value.kind) {
    case 'text':
      return describePattern(value.pattern)
    case 'number':
      return `equals ${value.number}`
    case 'boolean':
      return `equals ${value.boolean}`
    case 'null':
      return 'is absent or null'
    case 'network':
      return `in ${value.source}`
    case 'regex':
      return `re ${value.source}`
    case 'comparison':
      return `${value.part ?? ''} ${value.operator} ${value.number}`.trim()
    case 'field':
      return `equals the field ${value.path}`
    case 'presence':
      return value.isWanted ? 'exists' : 'does not exist'
    default:
      return value satisfies never
  }
}

function describePattern(pattern: Pattern): string {
  const literal = literalOf(pattern)
  if (literal !== undefined) return literal === '' ? 'is empty' : `equals ${literal}`
  if (isLoneAny(pattern)) return 'is present'
  return `is like ${patternText(pattern)}`
}
