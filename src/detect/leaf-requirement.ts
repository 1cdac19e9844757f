import { annotationKeyBit, familyBit } from '../audit/annotation-families.ts'
import { derivedFieldOf, isRememberedField } from '../audit/derived/table.ts'
import { indexedFields, searchedFields } from '../audit/item-keys.ts'
import { predicatesOn } from '../audit/known-predicates.ts'
import type { FieldExpr } from '../contracts.ts'
import { ABSENT, foldedHash, UNKNOWN } from '../util/hash.ts'
import { type Clause, clausesWhereFalse, clausesWhereTrue, wireName } from './predicates.ts'
import { type ColumnNeed, nothingRequired, type Requirement } from './requirement.ts'
import { witnessWhereTrue } from './witness.ts'

/** What the test of a field says of the index where it is true. What a derived field implies of others is not part of it. */
export function requiredWhereTrue(expr: FieldExpr): Requirement {
  return {
    ...ofField(expr),
    clauses: [...clausesWhereTrue(expr), ...bodyClauses(expr.path, expr.test.needsPresence)],
    witness: witnessWhereTrue(expr),
  }
}

/** The same where it is false: only what the known predicates say, and who the user is not. */
export function requiredWhereFalse(expr: FieldExpr): Requirement {
  return { ...nothingRequired, clauses: clausesWhereFalse(expr), notUsers: usersWhereFalse(expr) }
}

const noUsers: Requirement['notUsers'] = new Set()

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
