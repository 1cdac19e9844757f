import { indexedFields, searchedFields } from '../audit/item-keys.ts'
import { knownPredicates } from '../audit/known-predicates.ts'
import type { Comparison, FieldExpr, SearchedField, ValueTest } from '../contracts.ts'
import { wireName } from './predicates.ts'

/** A text that stands in the field, case ignored. ASCII, folded, not empty. */
export interface Needle {
  readonly field: SearchedField
  readonly text: string
  /** It stands at the beginning. */
  readonly isAtStart?: true
}

/** Needles of which one at least stands in every event that a condition is true of. Undefined = nothing is known. */
export type Witness = readonly Needle[] | undefined

/** A longer needle tells hardly more, and costs memory. */
const maxNeedleCharacters = 24
/** More of them tell little: one is nearly always there. */
const maxNeedles = 2000

export function witnessWhereTrue({ path, test }: FieldExpr): Witness {
  const name = wireName(path)
  const field = searchedFields.find((other) => other === name)
  if (field === undefined || !test.needsPresence || test.onlyIf === undefined) return undefined
  if (test.onlyIf.length === 0 || test.onlyIf.length > maxNeedles) return undefined
  if (isToldOtherwise(name, test)) return undefined
  const needles = test.onlyIf.map((comparison) => needleOf(field, comparison))
  return needles.every((needle) => needle !== undefined) ? needles : undefined
}

/** A column tells whole texts, and the known predicates how some begin. */
function isToldOtherwise(field: string, { onlyEquals, onlyIf }: ValueTest): boolean {
  if (onlyEquals !== undefined) return indexedFields.some((name) => name === field)
  return onlyIf?.every((comparison) => isKnownBeginning(field, comparison)) === true
}

function isKnownBeginning(field: string, { kind, value }: Comparison): boolean {
  return knownPredicates.some(
    (known) => known.field === field && known.kind === kind && known.values.includes(value),
  )
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
function needleOf(field: SearchedField, { kind, value }: Comparison): Needle | undefined {
  switch (kind) {
    case 'equals':
    case 'startswith': {
      const text = longestOf(value.split(/[^\x20-\x7e]+/))
      if (text === undefined) return undefined
      return value.startsWith(text) ? { field, text, isAtStart: true } : { field, text }
    }
    case 'endswith':
    case 'contains':
      return needleIn(field, value.split(/[^\x20-\x7e]+/))
    case 'wildcard':
      return needleIn(field, value.split(/[^\x20-\x7e]+|[*?\\]+/))
    case 'cidr':
    case 'exists':
      return undefined
    default:
      return kind satisfies never
  }
}

function needleIn(field: SearchedField, pieces: readonly string[]): Needle | undefined {
  const text = longestOf(pieces)
  return text === undefined ? undefined : { field, text }
}

function longestOf(pieces: readonly string[]): string | undefined {
  const longest = pieces.reduce((best, piece) => (piece.length > best.length ? piece : best), '')
  return longest === '' ? undefined : longest.slice(0, maxNeedleCharacters)
}
