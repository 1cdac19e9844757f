import { isMap, isSeq, type YAMLMap } from 'yaml'
import type { Expr } from '../contracts.ts'
import { readArrayField } from './array-field.ts'
import { combine } from './condition.ts'
import { fieldNameProblem } from './field-name.ts'
import { readLeaf, type SelectionReader } from './leaf.ts'
import { type Entry, entriesOf, offsetOf, resolveAlias, scalarOf } from './yaml-nodes.ts'

const maxListDepth = 8

/** One named selection as an expression. Undefined when it has problems, which are reported by then. */
export function readSelection(
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
  return readLeaf({ name: '', modifiers: [], nodes, offset: offsetOf(nodes[0]) }, reader)
}

function readField(entry: Entry, reader: SelectionReader): Expr | undefined {
  const [name = '', ...modifiers] = entry.key.split('|')
  const problem = fieldNameProblem(name)
  if (problem !== undefined) {
    reader.problems.error(entry.keyOffset, problem.code, problem.message)
    return undefined
  }
  if (reader.hasArrays === true && !isEmptyList(entry.value))
    return readArrayField(entry, reader, readFields)
  const nodes: unknown[] = isSeq(entry.value) ? entry.value.items : [entry.value]
  if (nodes.length === 0) {
    reader.problems.error(
      entry.keyOffset,
      'field.empty',
      `\`${entry.key}\` has an empty list; to ask for an absent field write null`,
    )
    return undefined
  }
  return readLeaf({ name, modifiers, nodes, offset: entry.keyOffset }, reader)
}

function isEmptyList(value: unknown): boolean {
  return isSeq(value) && value.items.length === 0
}
