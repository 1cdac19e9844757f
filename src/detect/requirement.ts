import { annotationKeyBit, familyBit } from '../audit/annotation-families.ts'
import { impliedBy, impliedByPresence } from '../audit/derived/implied.ts'
import { derivedFieldOf, isRememberedField } from '../audit/derived/table.ts'
import { indexedFields, searchedFields } from '../audit/item-keys.ts'
import { predicatesOn } from '../audit/known-predicates.ts'
import type { Expr, FieldExpr, IndexedField, SearchedField } from '../contracts.ts'
import { ABSENT, foldedHash, UNKNOWN } from '../util/hash.ts'
import { type Clause, clausesWhereFalse, clausesWhereTrue, wireName } from './predicates.ts'
import { bestWitness, eitherWitness, type Witness, witnessWhereTrue } from './witness.ts'

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

const noUsers: Requirement['notUsers'] = new Set()

/** Says nothing of an item. */
export const nothingRequired: Requirement = {
  columns: new Map(),
  texts: new Map(),
  annotationBits: 0,
  needsStory: false,
  notUsers: noUsers,
  clauses: [],
  witness: undefined,
}

/**
 * Necessary conditions only: of `and` all that its items ask for, of `or` what every item asks for, of keywords nothing,
 * and of a negated field only what the known predicates say.
 */
export function requirementOf(expr: Expr): Requirement {
  return expr.kind === 'not' ? requirementOfNot(expr.item) : ofPlain(expr)
}

function ofPlain(expr: Exclude<Expr, { kind: 'not' }>): Requirement {
  switch (expr.kind) {
    case 'field':
      return withImplied(
        {
          ...ofField(expr),
          clauses: [...clausesWhereTrue(expr), ...bodyClauses(expr.path, expr.test.needsPresence)],
          witness: witnessWhereTrue(expr),
        },
        impliedBy(expr, true),
      )
    case 'and':
      return expr.items.map(requirementOf).reduce(both)
    case 'or':
      return expr.items.map(requirementOf).reduce(either)
    case 'fieldPair':
      return withImplied(
        withImplied(nothingRequired, impliedByPresence(expr.path, expr)),
        impliedByPresence(expr.otherPath, expr),
      )
    case 'elements':
      return expr.quantifier === 'any' || expr.quantifier === 'all'
        ? withImplied(nothingRequired, impliedByPresence(expr.path, expr))
        : nothingRequired
    case 'keyword':
      return nothingRequired
    default:
      return expr satisfies never
  }
}

/** Derived fields are no columns, but they say something of those. */
function withImplied(own: Requirement, implied: Expr | undefined): Requirement {
  return implied === undefined ? own : both(own, requirementOf(implied))
}

/** `not (a or b)` is `not a and not b`, and the other way round. */
function requirementOfNot(expr: Expr): Requirement {
  switch (expr.kind) {
    case 'not':
      return requirementOf(expr.item)
    case 'field':
      return withImplied(
        { ...nothingRequired, clauses: clausesWhereFalse(expr), notUsers: usersWhereFalse(expr) },
        impliedBy(expr, false),
      )
    case 'and':
      return expr.items.map(requirementOfNot).reduce(either)
    case 'or':
      return expr.items.map(requirementOfNot).reduce(both)
    case 'keyword':
    case 'fieldPair':
    case 'elements':
      return nothingRequired
    default:
      return expr satisfies never
  }
}

/** Each of the users alone would make the test true. */
function usersWhereFalse({ path, test }: FieldExpr): ReadonlySet<string> {
  if (wireName(path) !== 'user.username' || test.trueIf === undefined) return noUsers
  return new Set(test.trueIf.flatMap(({ kind, value }) => (kind === 'equals' ? [value] : [])))
}

const annotationPrefix = 'annotations.'

/** A field of a body, or one that is derived from bodies, is there only where there is one. */
function bodyClauses(path: string, needsPresence: boolean): readonly Clause[] {
  if (!needsPresence) return []
  const [top = ''] = path.split('.', 1)
  const isDerived = derivedFieldOf(path)?.auditLevel !== undefined
  const someTrue = isDerived ? anyBody : bodyNames.includes(top) ? predicatesOn(top) : 0
  return someTrue === 0 ? [] : [{ someTrue, someFalse: 0 }]
}

const bodyNames: readonly string[] = ['requestObject', 'responseObject']
const anyBody = bodyNames.map(predicatesOn).reduce((bits, bit) => bits | bit, 0)

function ofField({ path, test }: FieldExpr): Requirement {
  const field = indexedFields.find((name) => name === wireName(path))
  const searched = searchedFields.find((name) => name === wireName(path))
  const isNoText = test.onlyIf?.length === 0
  if (!test.needsPresence) {
    // A derived field is absent where the wire has an empty text.
    const isEmptyAbsent = wireName(path) !== path
    const equal = isNoText ? [] : test.onlyEquals
    return {
      ...nothingRequired,
      columns:
        field === undefined || equal === undefined
          ? noColumns
          : new Map([[field, hashesOf(isEmptyAbsent ? ['', ...equal] : equal).add(ABSENT)]]),
      texts:
        searched !== undefined && isNoText && !isEmptyAbsent
          ? new Map([[searched, 'absent']])
          : noTexts,
    }
  }
  if (field !== undefined || searched !== undefined)
    return {
      ...nothingRequired,
      columns: field === undefined ? noColumns : new Map([[field, needOf(test.onlyEquals)]]),
      texts: searched === undefined ? noTexts : new Map([[searched, 'present']]),
    }
  if (isRememberedField(path)) return { ...nothingRequired, needsStory: true }
  const derived = derivedFieldOf(path)
  if (derived?.annotationFamily !== undefined)
    return { ...nothingRequired, annotationBits: familyBit(derived.annotationFamily) }
  if (!path.startsWith(annotationPrefix)) return nothingRequired
  const annotationBits = annotationKeyBit(path.slice(annotationPrefix.length))
  return { ...nothingRequired, annotationBits }
}

const noColumns: Requirement['columns'] = new Map()
const noTexts: Requirement['texts'] = new Map()

function needOf(texts: readonly string[] | undefined): ColumnNeed {
  return texts === undefined ? 'present' : hashesOf(texts)
}

/** A text that has no hash meets only UNKNOWN columns, and those pass every check. */
function hashesOf(texts: readonly string[]): Set<number> {
  return new Set(texts.map(foldedHash).filter((hash) => hash !== UNKNOWN))
}

function both(a: Requirement, b: Requirement): Requirement {
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

function either(a: Requirement, b: Requirement): Requirement {
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
