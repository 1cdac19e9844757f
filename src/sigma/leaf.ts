import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml'
import type { Expr } from '../contracts.ts'
import { applyModifiers } from './apply-modifiers.ts'
import { combine } from './condition.ts'
import {
  type FieldItem,
  type FieldValue,
  type ItemValue,
  type PlainValue,
  plainValues,
} from './field-item.ts'
import { fieldNameProblem } from './field-name.ts'
import { createPairTest } from './field-pair.ts'
import type { Placeholders } from './placeholders.ts'
import type { InternTest } from './tests-in-use.ts'
import { parsePattern, withAny } from './wildcard.ts'
import {
  type DocumentReader,
  type Entry,
  isAmbiguous,
  offsetOf,
  resolveAlias,
  scalarOf,
} from './yaml-nodes.ts'

/** Where a leaf belongs, and how it gets its test. */
export interface SelectionReader extends DocumentReader {
  readonly selection: string
  readonly internTest: InternTest
  /** For `expand`. */
  readonly placeholders: Placeholders
  /** Field names may select elements of arrays: `sigma-version: 3`. */
  readonly hasArrays?: boolean
  /** Within a block about one element. */
  readonly isInElement?: boolean
  /** Named selections with their condition. Passed in, as they have blocks, and blocks have them. */
  readonly readNamed: (map: YAMLMap, entry: Entry, reader: SelectionReader) => Expr | undefined
}

/** A field with its values, or keywords, as they stand in the file. */
export interface LeafSource {
  /** Empty for keywords. */
  readonly name: string
  readonly modifiers: readonly string[]
  readonly nodes: readonly unknown[]
  readonly offset: number
}

/** One field with its values, or keywords, as a leaf. Undefined when it has problems, which are reported by then. */
export function readLeaf(source: LeafSource, reader: SelectionReader): Expr | undefined {
  const item = readItem(source, reader)
  if (item === undefined) return undefined
  const leaf = leafOf(item, source, reader)
  return leaf !== undefined && item.isNegated ? Object.freeze({ kind: 'not', item: leaf }) : leaf
}

function leafOf(item: FieldItem, source: LeafSource, reader: SelectionReader): Expr | undefined {
  const { problems, selection, internTest } = reader
  const location = problems.locate(source.offset)
  const others = plainValues(item.values).filter((value) => value.kind === 'field')
  if (others.length > 0) return combine(item.isAll ? 'and' : 'or', others.map(pairOf))
  const test = internTest(item)
  if (typeof test === 'string') {
    problems.error(source.offset, 'value.invalid', test)
    return undefined
  }
  return source.name === ''
    ? Object.freeze({ kind: 'keyword', test, selection, location })
    : Object.freeze({ kind: 'field', path: source.name, test, selection, location })

  function pairOf(value: FieldValue): Expr {
    const pair = createPairTest(value, item.isCased)
    return Object.freeze({
      kind: 'fieldPair',
      path: source.name,
      otherPath: value.path,
      test: pair,
      selection,
      location,
    })
  }
}

function readItem(
  { name, modifiers, nodes, offset }: LeafSource,
  reader: SelectionReader,
): FieldItem | undefined {
  const { problems } = reader
  const resolved = nodes.map((node) => resolveAlias(node, reader))
  const values = resolved.flatMap((node) => readValue(node, name, offset, reader) ?? [])
  if (values.length < nodes.length) return undefined
  const result = applyModifiers(values, modifiers, reader.placeholders)
  if ('problem' in result) {
    const { code, message, value } = result.problem
    const at = value === undefined ? offset : offsetOf(resolved[value]) || offset
    problems.error(at, code, message)
    return undefined
  }
  const refused = refuse(plainValues(result.item.values), modifiers, name)
  if (refused !== undefined) {
    problems.error(offset, refused.code, refused.message)
    return undefined
  }
  if (result.item.isAll && values.length === 1) {
    problems.warning(offset, 'modifier.pointless', '`all` does nothing with a single value')
  }
  const isAnywhere = name === '' && !modifiers.some((modifier) => placing.has(modifier))
  return isAnywhere ? asSubstrings(result.item) : result.item
}

/** Modifiers that say themselves where in a text the value has to stand. */
const placing = new Set(['contains', 'startswith', 'endswith', 're', 'cidr'])

function refuse(
  values: readonly PlainValue[],
  modifiers: readonly string[],
  name: string,
): { readonly code: string; readonly message: string } | undefined {
  if (values.length > 1 && values.some(({ kind }) => kind === 'presence')) {
    return { code: 'modifier.value', message: '`exists` takes a single true or false' }
  }
  for (const value of values) {
    const problem = value.kind === 'field' ? fieldNameProblem(value.path) : undefined
    if (problem !== undefined) return problem
  }
  if (name !== '') return undefined
  if (modifiers.includes('exists'))
    return { code: 'modifier.combination', message: '`exists` needs a field' }
  if (values.some(({ kind }) => kind === 'comparison' || kind === 'field'))
    return { code: 'modifier.combination', message: 'this modifier needs a field' }
  if (values.some(({ kind }) => kind === 'null' || kind === 'boolean')) {
    return { code: 'keyword.value', message: 'a keyword has to be a text or a number' }
  }
  return undefined
}

/** A keyword is found anywhere in a value. */
function asSubstrings(item: FieldItem): FieldItem {
  const values = item.values.map((value): ItemValue => {
    if (value.kind === 'oneOf') return { ...value, values: value.values.map(asSubstring) }
    return asSubstring(value)
  })
  return { ...item, values }
}

function asSubstring(value: PlainValue): PlainValue {
  if (value.kind === 'number') {
    const source = String(value.number)
    return {
      kind: 'text',
      source,
      pattern: withAny(parsePattern(source), { before: true, behind: true }),
    }
  }
  if (value.kind !== 'text') return value
  return { ...value, pattern: withAny(value.pattern, { before: true, behind: true }) }
}

function readValue(
  node: unknown,
  name: string,
  offset: number,
  { problems }: SelectionReader,
): ItemValue | undefined {
  const at = offsetOf(node) || offset
  if (isMap(node) || isSeq(node)) {
    problems.error(
      at,
      'value.nested',
      `a value of \`${name}\` has to be a text, a number, true, false or null; write nested fields as \`${name}.…\``,
    )
    return undefined
  }
  if (isScalar(node) && isAmbiguous(node)) {
    problems.warning(
      at,
      'yaml.ambiguous',
      `\`${node.source}\` is read as ${String(node.value)} here and otherwise by YAML 1.2; put it in quotes if it is a text`,
    )
  }
  const scalar = scalarOf(node)
  switch (scalar.kind) {
    case 'text':
      if (name === '' && scalar.text === '') {
        problems.error(at, 'keyword.value', 'an empty keyword matches everything')
        return undefined
      }
      return { kind: 'text', source: scalar.text, pattern: parsePattern(scalar.text) }
    case 'number':
      if (Number.isFinite(scalar.number)) return scalar
      problems.error(at, 'value.type', 'no event has this number; put it in quotes if it is a text')
      return undefined
    case 'boolean':
    case 'null':
      return scalar
    case 'other':
      problems.error(
        at,
        'value.type',
        'this value is a date or another special type of YAML; put it in quotes',
      )
      return undefined
    default:
      return scalar satisfies never
  }
}
