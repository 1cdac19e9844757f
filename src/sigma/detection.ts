import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml'
import type { Expr } from '../contracts.ts'
import { combine, parseCondition } from './condition.ts'
import type { ItemValue } from './field-item.ts'
import { applyModifiers } from './modifiers.ts'
import type { InternTest } from './tests-in-use.ts'
import { parsePattern, withAny } from './wildcard.ts'
import {
  type DocumentReader,
  type Entry,
  entriesOf,
  isAmbiguous,
  offsetOf,
  resolveAlias,
  scalarOf,
} from './yaml-nodes.ts'

/** Where a leaf belongs, and how it gets its test. */
interface SelectionReader extends DocumentReader {
  readonly selection: string
  readonly internTest: InternTest
}

const maxListDepth = 8

/** The whole `detection` as one expression. Undefined when it has problems, which are reported by then. */
export function readDetection(
  entry: Entry,
  reader: DocumentReader,
  internTest: InternTest,
): Expr | undefined {
  if (!isMap(entry.value)) {
    reader.problems.error(
      entry.keyOffset,
      'detection.map',
      '`detection` has to be a map of selections and a `condition`',
    )
    return undefined
  }
  const before = reader.problems.errorCount()
  const selections = new Map<string, { readonly expr: Expr; readonly offset: number }>()
  let condition: Entry | undefined
  for (const item of entriesOf(entry.value, reader)) {
    if (item.key === 'condition') condition = item
    else if (item.key === 'timeframe')
      reader.problems.error(
        item.keyOffset,
        'detection.timeframe',
        '`timeframe` is no longer Sigma; write a correlation rule',
      )
    else {
      const expr = readSelection(item, { ...reader, selection: item.key, internTest })
      if (expr !== undefined) selections.set(item.key, { expr, offset: item.keyOffset })
    }
  }
  if (condition === undefined) {
    reader.problems.error(entry.keyOffset, 'condition.missing', '`detection` needs a `condition`')
    return undefined
  }
  // A selection that could not be read would be reported a second time, as undefined.
  if (reader.problems.errorCount() > before) return undefined
  return readConditions(condition, selections, reader)
}

function readConditions(
  entry: Entry,
  selections: ReadonlyMap<string, { readonly expr: Expr; readonly offset: number }>,
  reader: DocumentReader,
): Expr | undefined {
  const nodes: unknown[] = isSeq(entry.value) ? entry.value.items : [entry.value]
  const exprs = new Map([...selections].map(([name, { expr }]) => [name, expr]))
  const used = new Set<string>()
  const items: Expr[] = []
  for (const item of nodes) {
    const node = resolveAlias(item, reader)
    const scalar = scalarOf(node)
    if (scalar.kind !== 'text') {
      reader.problems.error(
        offsetOf(node) || entry.keyOffset,
        'condition.text',
        '`condition` has to be a text, or a list of texts',
      )
      continue
    }
    const result = parseCondition(scalar.text, exprs)
    if ('problem' in result) {
      const { at, code, message } = result.problem
      reader.problems.error(offsetInside(node, at), code, message)
      continue
    }
    items.push(result.expr)
    for (const name of result.used) used.add(name)
  }
  if (nodes.length === 0)
    reader.problems.error(entry.keyOffset, 'condition.missing', 'the list of conditions is empty')
  if (nodes.length === 0 || items.length < nodes.length) return undefined
  for (const [name, { offset }] of selections) {
    if (!used.has(name))
      reader.problems.warning(offset, 'selection.unused', `no condition uses \`${name}\``)
  }
  return combine('or', items)
}

/** Where character `at` of a scalar stands in the file: exact for what is written on one line without escapes. */
function offsetInside(node: unknown, at: number): number {
  const start = offsetOf(node)
  if (!isScalar(node) || typeof node.value !== 'string') return start
  const { type, source } = node
  if (source !== node.value || source.includes('\n')) return start
  if (type === 'PLAIN') return start + at
  return type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE' ? start + 1 + at : start
}

function readSelection(
  { key, keyOffset, value }: Entry,
  reader: SelectionReader,
): Expr | undefined {
  if (isMap(value)) return readFields(value, reader)
  if (isSeq(value)) return readList(value.items, keyOffset, reader, 0)
  if (scalarOf(value).kind === 'null') {
    reader.problems.error(
      keyOffset,
      'selection.empty',
      `the selection \`${key}\` is empty; give it fields, or remove it`,
    )
    return undefined
  }
  return readKeywords([value], reader)
}

/** A map: all its fields together. */
function readFields(map: YAMLMap, reader: SelectionReader): Expr | undefined {
  const entries = entriesOf(map, reader)
  if (map.items.length === 0) {
    reader.problems.error(
      offsetOf(map),
      'selection.empty',
      'an empty map matches nothing; give it fields, or remove it',
    )
    return undefined
  }
  const items = entries.map((entry) => readField(entry, reader))
  return allOrNone(items, 'and')
}

/** A list: any of its items. Scalars beside each other are keywords. */
function readList(
  nodes: readonly unknown[],
  offset: number,
  reader: SelectionReader,
  depth: number,
): Expr | undefined {
  if (nodes.length === 0 || depth > maxListDepth) {
    const message =
      nodes.length === 0
        ? 'an empty list matches nothing; give it items, or remove it'
        : `lists are nested deeper than ${maxListDepth}`
    reader.problems.error(offset, 'selection.empty', message)
    return undefined
  }
  const resolved = nodes.map((node) => resolveAlias(node, reader))
  const keywords = resolved.filter((node) => !isMap(node) && !isSeq(node))
  const others = resolved.filter((node) => isMap(node) || isSeq(node))
  return allOrNone(
    [
      ...(keywords.length === 0 ? [] : [readKeywords(keywords, reader)]),
      ...others.map((node) => {
        if (isMap(node)) return readFields(node, reader)
        return isSeq(node) ? readList(node.items, offsetOf(node), reader, depth + 1) : undefined
      }),
    ],
    'or',
  )
}

function allOrNone(items: readonly (Expr | undefined)[], kind: 'and' | 'or'): Expr | undefined {
  const whole = items.filter((item) => item !== undefined)
  return whole.length < items.length || whole.length === 0 ? undefined : combine(kind, whole)
}

function readKeywords(nodes: readonly unknown[], reader: SelectionReader): Expr | undefined {
  return readItem({ name: '', modifiers: [], nodes, offset: offsetOf(nodes[0]) }, reader)
}

function readField(entry: Entry, reader: SelectionReader): Expr | undefined {
  const [name = '', ...modifiers] = entry.key.split('|')
  const nodes: unknown[] = isSeq(entry.value) ? entry.value.items : [entry.value]
  if (nodes.length === 0) {
    reader.problems.error(
      entry.keyOffset,
      'field.empty',
      `\`${entry.key}\` has an empty list; to ask for an absent field write null`,
    )
    return undefined
  }
  return readItem({ name, modifiers, nodes, offset: entry.keyOffset }, reader)
}

interface ItemSource {
  /** Empty for keywords. */
  readonly name: string
  readonly modifiers: readonly string[]
  readonly nodes: readonly unknown[]
  readonly offset: number
}

/** One field with its values, or keywords, as a leaf. */
function readItem(
  { name, modifiers, nodes, offset }: ItemSource,
  reader: SelectionReader,
): Expr | undefined {
  const { problems, selection, internTest } = reader
  const resolved = nodes.map((node) => resolveAlias(node, reader))
  const values = resolved.map((node) => readValue(node, name, offset, reader))
  if (values.includes(undefined)) return undefined
  const known = values.filter((value) => value !== undefined)
  const result = applyModifiers(known, modifiers)
  if ('problem' in result) {
    const { code, message, value } = result.problem
    problems.error(
      value === undefined ? offset : offsetOf(resolved[value]) || offset,
      code,
      message,
    )
    return undefined
  }
  const refused = refuse(result.item.values, modifiers, name)
  if (refused !== undefined) {
    problems.error(offset, refused.code, refused.message)
    return undefined
  }
  if (result.item.isAll && known.length === 1) {
    problems.warning(offset, 'modifier.pointless', '`all` does nothing with a single value')
  }
  const isKeyword = name === ''
  const item =
    isKeyword && !modifiers.some((modifier) => placing.has(modifier))
      ? asSubstrings(result.item)
      : result.item
  const test = internTest(item)
  if (typeof test === 'string') {
    problems.error(offset, 'value.invalid', test)
    return undefined
  }
  const location = problems.locate(offset)
  const leaf: Expr = isKeyword
    ? Object.freeze({ kind: 'keyword', test, selection, location })
    : Object.freeze({ kind: 'field', path: name, test, selection, location })
  return item.isNegated ? Object.freeze({ kind: 'not', item: leaf }) : leaf
}

/** Modifiers that say themselves where in a text the value has to stand. */
const placing = new Set(['contains', 'startswith', 'endswith', 're', 'cidr'])

function refuse(
  values: readonly ItemValue[],
  modifiers: readonly string[],
  name: string,
): { readonly code: string; readonly message: string } | undefined {
  if (values.length > 1 && values.some(({ kind }) => kind === 'presence')) {
    return { code: 'modifier.value', message: '`exists` takes a single true or false' }
  }
  if (name !== '') return undefined
  if (modifiers.includes('exists'))
    return { code: 'modifier.combination', message: '`exists` needs a field' }
  if (values.some(({ kind }) => kind === 'null' || kind === 'boolean')) {
    return { code: 'keyword.value', message: 'a keyword has to be a text or a number' }
  }
  return undefined
}

/** A keyword is found anywhere in a value. */
function asSubstrings<T extends { readonly values: readonly ItemValue[] }>(item: T): T {
  const values = item.values.map((value): ItemValue => {
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
  })
  return { ...item, values }
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
