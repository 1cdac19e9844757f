import type { Problem } from '../../contracts.ts'
import { countLines, nearestOffset } from '../manifest/lines.ts'
import { type LoadCode, loadCodes } from './codes.ts'

/** A problem of an audit policy file. `error` = the API server would refuse to start with it. */
export interface AuditPolicyProblem extends Problem {
  /** Such as `rules[2].resources[0].group`; empty = the file. */
  readonly field: string
}

/** Where a field stands, or the nearest thing around it that does; lines and columns from 1. */
export type FieldPlace = (field: string) => { readonly line: number; readonly column: number }

/** What was found while one file was read, and where its fields stand. */
export interface ProblemList {
  readonly problems: readonly AuditPolicyProblem[]
  readonly hasErrors: () => boolean
  readonly locate: (field: string, offset: number) => void
  readonly placeOf: FieldPlace
  readonly add: (code: LoadCode, field: string, message: string, offset: number) => void
  readonly addAtField: (code: LoadCode, field: string, message: string) => void
}

export function createProblemList(path: string, text: string): ProblemList {
  const problems: AuditPolicyProblem[] = []
  const offsets = new Map<string, number>()
  const lineCounter = countLines(text)
  const place = (offset: number): { readonly line: number; readonly column: number } => {
    const { line, col } = lineCounter.linePos(offset)
    return { line, column: col }
  }
  const add: ProblemList['add'] = (code, field, what, offset) => {
    const { severity } = loadCodes[code]
    problems.push({ path, ...place(offset), severity, code, message: told(field, what), field })
  }
  return {
    problems,
    hasErrors: () => problems.some(({ severity }) => severity === 'error'),
    locate: (field, offset) => offsets.set(field, offset),
    placeOf: (field) => place(nearestOffset(field, offsets)),
    add,
    addAtField: (code, field, what) => add(code, field, what, nearestOffset(field, offsets)),
  }
}

/** A message that says which field it is about. */
export function told(field: string, message: string): string {
  return field === '' ? message : `${field}: ${message}`
}
