import type { Comparison } from '../contracts.ts'
import type { PlainValue } from './field-item.ts'
import { foldCase } from './fold.ts'
import { requiredLiteral } from './regex-literal.ts'
import { isLoneAny, type Pattern, patternText } from './wildcard.ts'

/** What a value asks for, unless no comparison says it. */
export function comparisonOf(value: PlainValue): Comparison | undefined {
  switch (value.kind) {
    case 'text':
      return isLoneAny(value.pattern) ? undefined : comparisonOfPattern(value.pattern)
    case 'number':
      return { kind: 'equals', value: foldCase(String(value.number)) }
    case 'boolean':
      return { kind: 'equals', value: String(value.boolean) }
    case 'network':
      return { kind: 'cidr', value: value.source }
    default:
      return undefined
  }
}

/** What has to be true where a value is found, for one that is no comparison. */
export function necessaryFor(value: PlainValue): Comparison | undefined {
  if (value.kind !== 'regex') return undefined
  const literal = requiredLiteral(value.source, value.flags)
  return literal === undefined ? undefined : { kind: 'contains', value: literal }
}

function comparisonOfPattern(pattern: Pattern): Comparison | undefined {
  const folded = foldPattern(pattern, foldCase)
  const text = folded.find((part) => part.kind === 'text')?.text ?? ''
  switch (folded.map(({ kind }) => kind).join(' ')) {
    case '':
    case 'text':
      return { kind: 'equals', value: text }
    case 'text any':
      return { kind: 'startswith', value: text }
    case 'any text':
      return { kind: 'endswith', value: text }
    case 'any text any':
      return { kind: 'contains', value: text }
    default:
      // A literal sign would read as a wildcard.
      return folded.some((part) => part.kind === 'text' && /[*?\\]/.test(part.text))
        ? undefined
        : { kind: 'wildcard', value: patternText(folded) }
  }
}

export function foldPattern(pattern: Pattern, fold: (text: string) => string): Pattern {
  return pattern.map((part) =>
    part.kind === 'text' ? { kind: 'text', text: fold(part.text) } : part,
  )
}
