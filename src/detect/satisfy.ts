import { isSingleValued } from '../audit/known-fields.ts'
import type { ElementsExpr, Expr, FieldExpr, ValueTest } from '../contracts.ts'
import type { Leaf } from './mutants.ts'

/** Whether an expression has a truth value on some event. `unknown` = there was too much to try. */
export type Possibility = 'possible' | 'impossible' | 'unknown'

/** How many parts of expressions may still be looked at; several questions can share it. */
export interface Effort {
  left: number
}

/** Enough for every rule that people write; some hundredths of a second. */
export function createEffort(): Effort {
  return { left: 300_000 }
}

/** A field is not there, is null, has one of the texts that tests ask for, or has something else. */
type FieldState =
  | { readonly kind: 'absent' | 'null' | 'other' }
  | { readonly kind: 'text'; readonly text: string }

/** What has to be known next: the state of a field, or whether a test that nothing else decides is true. */
type Unknown = { readonly field: string } | { readonly test: object }

interface Assignment {
  readonly states: Map<string, FieldState>
  readonly tests: Map<object, boolean>
  readonly keyOf: TestKeys
  readonly effort: Effort
}

/**
 * Whether some event gives the expression that value. Only what follows from the fields themselves counts: of a field
 * with one value it is known that it has no two; every test that is not about whole texts may be true or false.
 * So `impossible` is certain, and `possible` may be wrong.
 */
export function canBe(expr: Expr, wanted: boolean, effort: Effort = createEffort()): Possibility {
  const domains = domainsOf(expr)
  const assignment: Assignment = {
    states: new Map(),
    tests: new Map(),
    keyOf: createTestKeys(),
    effort,
  }
  const search = (): Possibility => {
    const value = evaluate(expr, assignment)
    if (effort.left <= 0) return 'unknown'
    if (typeof value === 'boolean') return value === wanted ? 'possible' : 'impossible'
    return 'field' in value
      ? tryAll(assignment.states, value.field, domains.get(value.field) ?? [])
      : tryAll(assignment.tests, value.test, [true, false])
  }
  function tryAll<K, V>(map: Map<K, V>, key: K, choices: readonly V[]): Possibility {
    let result: Possibility = 'impossible'
    for (const choice of choices) {
      map.set(key, choice)
      const found = search()
      map.delete(key)
      if (found === 'possible' || effort.left <= 0) return found
      if (found === 'unknown') result = found
    }
    return result
  }
  return search()
}

/** True, false, or what has to be known first. */
function evaluate(expr: Expr, assignment: Assignment): boolean | Unknown {
  assignment.effort.left -= 1
  switch (expr.kind) {
    case 'and':
    case 'or': {
      const decisive = expr.kind === 'or'
      let unknown: Unknown | undefined
      for (const item of expr.items) {
        const value = evaluate(item, assignment)
        if (value === decisive) return decisive
        if (typeof value !== 'boolean') unknown ??= value
      }
      return unknown ?? !decisive
    }
    case 'not': {
      const value = evaluate(expr.item, assignment)
      return typeof value === 'boolean' ? !value : value
    }
    case 'field': {
      const state = assignment.states.get(expr.path)
      if (state === undefined) return { field: expr.path }
      return valueIn(state, expr) ?? freeValue(expr, assignment)
    }
    case 'keyword':
    case 'fieldPair':
    case 'elements':
      return freeValue(expr, assignment)
    default:
      return expr satisfies never
  }
}

function freeValue(leaf: FreeTest, { tests, keyOf }: Assignment): boolean | Unknown {
  const test = keyOf(leaf)
  return tests.get(test) ?? { test }
}

/** What the state of its field says of a test; undefined when it says nothing. */
function valueIn(state: FieldState, { path, paths, test }: FieldExpr): boolean | undefined {
  const isSingle = isSingleValued(path) && paths === undefined
  switch (state.kind) {
    case 'absent':
      return test.matches(undefined)
    case 'null':
      return test.matches([null])
    case 'text':
      if (test.kind === 'presence' || isCaseless(test)) return test.matches([state.text])
      if (test.kind === 'absence') return false
      return test.onlyEquals?.includes(state.text) === false ? false : undefined
    case 'other':
      if (test.kind === 'presence') return test.matches([''])
      if (!isSingle) return undefined
      return test.kind === 'absence' || test.onlyEquals !== undefined ? false : undefined
    default:
      return state satisfies never
  }
}

/** A test for which the texts that only differ in case are one. */
function isCaseless({ trueIf }: ValueTest): boolean {
  return trueIf !== undefined
}

/** Every state that makes a difference, for each field. */
function domainsOf(expr: Expr): ReadonlyMap<string, readonly FieldState[]> {
  const textsByPath = new Map<string, Set<string>>()
  const visit = (part: Expr): void => {
    if (part.kind === 'and' || part.kind === 'or') for (const item of part.items) visit(item)
    if (part.kind === 'not') visit(part.item)
    if (part.kind !== 'field') return
    const texts = textsByPath.get(part.path) ?? new Set()
    textsByPath.set(part.path, texts)
    if (isSingleValued(part.path) && part.paths === undefined)
      for (const text of part.test.onlyEquals ?? []) texts.add(text)
  }
  visit(expr)
  return new Map(
    [...textsByPath].map(([path, texts]) => [
      path,
      [
        ...[...texts].map((text): FieldState => ({ kind: 'text', text })),
        { kind: 'other' },
        { kind: 'absent' },
        { kind: 'null' },
      ],
    ]),
  )
}

type FreeTest = Leaf | ElementsExpr
type TestKeys = (leaf: FreeTest) => object

/** One key for each test of each field: two leaves that ask the same of one field have one answer. */
function createTestKeys(): TestKeys {
  const byPath = new Map<string, Map<object, object>>()
  return (leaf) => {
    const path = leaf.kind === 'keyword' ? '' : leaf.path
    const test = leaf.kind === 'elements' ? leaf : leaf.test
    const keys = byPath.get(path) ?? new Map<object, object>()
    byPath.set(path, keys)
    const key = keys.get(test) ?? {}
    keys.set(test, key)
    return key
  }
}
