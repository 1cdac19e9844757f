import type { IndexedField, SearchedField } from '../contracts.ts'
import { ABSENT } from '../util/hash.ts'
import type { Clause } from './predicates.ts'
import { bestWitness, eitherWitness, type Witness } from './witness.ts'

/** What a column has to hold: one of these hashes, ABSENT among them if the field may be absent; or anything but ABSENT. */
export type ColumnNeed = ReadonlySet<number> | 'present'

/** Whether a text has to be there, or must not. */
export type TextNeed = 'present' | 'absent'

/** What an item has to show in its index for a condition to be possibly true. Empty = nothing is known, decode it. */
export interface Requirement {
  readonly columns: ReadonlyMap<IndexedField, ColumnNeed>
  readonly texts: ReadonlyMap<SearchedField, TextNeed>
  /** Bits that the Bloom filter over the annotation keys has to have. */
  readonly annotationBits: number
  /** What is remembered has to have something to tell of the event. */
  readonly needsStory: boolean
  /** Users that it is not to be of, by their names, folded. */
  readonly notUsers: ReadonlySet<string>
  /** All of them have to be met. */
  readonly clauses: readonly Clause[]
  /** Texts of which one has to stand in a field. */
  readonly witness: Witness
}

/** Says nothing of an item. */
export const nothingRequired: Requirement = {
  columns: new Map(),
  texts: new Map(),
  annotationBits: 0,
  needsStory: false,
  notUsers: new Set(),
  clauses: [],
  witness: undefined,
}

export function isNothing(requirement: Requirement): boolean {
  const { columns, texts, annotationBits, needsStory, notUsers, clauses, witness } = requirement
  const sizes = [columns.size, texts.size, annotationBits, notUsers.size, clauses.length]
  return !needsStory && witness === undefined && sizes.every((size) => size === 0)
}

/** Both conditions hold. */
export function both(a: Requirement, b: Requirement): Requirement {
  const columns = new Map(a.columns)
  for (const [field, need] of b.columns) {
    const other = columns.get(field)
    columns.set(field, other === undefined ? need : intersection(other, need))
  }
  return {
    columns,
    // Of two that contradict each other, either will do.
    texts: new Map([...a.texts, ...b.texts]),
    annotationBits: a.annotationBits | b.annotationBits,
    needsStory: a.needsStory || b.needsStory,
    notUsers: a.notUsers.union(b.notUsers),
    clauses: distinct([...a.clauses, ...b.clauses]),
    witness: bestWitness(a.witness, b.witness),
  }
}

function intersection(a: ColumnNeed, b: ColumnNeed): ColumnNeed {
  if (a === 'present') return b
  return b === 'present' ? a : a.intersection(b)
}

/** Undefined when anything will do. */
function unionOf(a: ColumnNeed, b: ColumnNeed): ColumnNeed | undefined {
  if (a !== 'present' && b !== 'present') return a.union(b)
  const mayBeAbsent = [a, b].some((need) => need !== 'present' && need.has(ABSENT))
  return mayBeAbsent ? undefined : 'present'
}

/** One of the conditions holds. */
export function either(a: Requirement, b: Requirement): Requirement {
  const columns = new Map<IndexedField, ColumnNeed>()
  for (const [field, need] of a.columns) {
    const other = b.columns.get(field)
    const union = other === undefined ? undefined : unionOf(need, other)
    if (union !== undefined) columns.set(field, union)
  }
  return {
    columns,
    texts: new Map([...a.texts].filter(([field, need]) => b.texts.get(field) === need)),
    annotationBits: a.annotationBits & b.annotationBits,
    needsStory: a.needsStory && b.needsStory,
    notUsers: a.notUsers.intersection(b.notUsers),
    clauses: eitherClause(a.clauses, b.clauses),
    witness: eitherWitness(a.witness, b.witness),
  }
}

/** More say little and cost a load time that grows with their product. */
const maxClauses = 64

/** Each clause of the one or each of the other: any of them may be left out. */
function eitherClause(a: readonly Clause[], b: readonly Clause[]): readonly Clause[] {
  const clauses = a.flatMap((one) =>
    b.map((other) => ({
      someTrue: one.someTrue | other.someTrue,
      someFalse: one.someFalse | other.someFalse,
    })),
  )
  return distinct(clauses).slice(0, maxClauses)
}

function distinct(clauses: readonly Clause[]): readonly Clause[] {
  return clauses.filter(
    ({ someTrue, someFalse }, i) =>
      i ===
      clauses.findIndex((other) => other.someTrue === someTrue && other.someFalse === someFalse),
  )
}
