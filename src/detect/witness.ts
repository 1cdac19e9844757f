import { searchedFields } from '../audit/item-keys.ts'
import { knownPredicates } from '../audit/known-predicates.ts'
import type { Comparison, FieldExpr, SearchedField } from '../contracts.ts'
import { wireName } from './predicates.ts'

/** A text that stands in the field, case ignored. ASCII, folded, not empty. */
export interface Needle {
  readonly field: SearchedField
  readonly text: string
}

/** Needles of which one at least stands in every event that a condition is true of. Undefined = nothing is known. */
export type Witness = readonly Needle[] | undefined

/** A longer needle tells hardly more, and costs memory. */
const maxNeedleCharacters = 24
/** More of them tell little: one is nearly always there. */
const maxNeedles = 2000

export function witnessWhereTrue({ path, test }: FieldExpr): Witness {
  const field = searchedFields.find((name) => name === wireName(path))
  if (field === undefined || !test.needsPresence || test.onlyIf === undefined) return undefined
  if (test.onlyIf.length === 0 || test.onlyIf.length > maxNeedles) return undefined
  const texts = test.onlyIf.map(needleOf)
  return texts.includes(undefined)
    ? undefined
    : [...new Set(texts)].flatMap((text) => (text === undefined ? [] : [{ field, text }]))
}

/** Both conditions hold: the witness that fewer events are likely to show. */
export function bestWitness(a: Witness, b: Witness): Witness {
  if (a === undefined || b === undefined) return a ?? b
  return worth(a) >= worth(b) ? a : b
}

/** One of the conditions holds. */
export function eitherWitness(a: Witness, b: Witness): Witness {
  if (a === undefined || b === undefined || a.length + b.length > maxNeedles) return undefined
  return [...a, ...b]
}

/** The more, the fewer events are likely to show it; nothing where the predicates tell as much. */
function worth(witness: readonly Needle[]): number {
  return witness.every(isKnown)
    ? 0
    : witness.reduce((least, { text }) => Math.min(least, text.length), maxNeedleCharacters)
}

function isKnown({ field, text }: Needle): boolean {
  return knownPredicates.some((known) => known.field === field && known.values.includes(text))
}

/** The longest run of ASCII characters that every value that passes has to hold. */
function needleOf({ kind, value }: Comparison): string | undefined {
  switch (kind) {
    case 'equals':
    case 'startswith':
    case 'endswith':
    case 'contains':
      return longestOf(value.split(/[^\x20-\x7e]+/))
    case 'wildcard':
      return longestOf(value.split(/[^\x20-\x7e]+|[*?\\]+/))
    case 'cidr':
    case 'exists':
      return undefined
    default:
      return kind satisfies never
  }
}

function longestOf(pieces: readonly string[]): string | undefined {
  const longest = pieces.reduce((best, piece) => (piece.length > best.length ? piece : best), '')
  return longest === '' ? undefined : longest.slice(0, maxNeedleCharacters)
}
