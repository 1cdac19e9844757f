import { isMap, isSeq, type YAMLMap } from 'yaml'
import type { Expr } from '../contracts.ts'
import { combine, parseCondition } from './condition.ts'
import type { SelectionReader } from './leaf.ts'
import type { Placeholders } from './placeholders.ts'
import { readSelection } from './selection.ts'
import type { InternTest } from './tests-in-use.ts'
import {
  type DocumentReader,
  type Entry,
  entriesOf,
  offsetInside,
  offsetOf,
  resolveAlias,
  scalarOf,
} from './yaml-nodes.ts'

/** What the leaves of all rules share. */
export interface LeafOptions {
  readonly internTest: InternTest
  readonly placeholders: Placeholders
  /** Field names may select elements of arrays. */
  readonly hasArrays?: boolean
  /** Within a block about one element. */
  readonly isInElement?: boolean
}

/** The whole `detection` as one expression. Undefined when it has problems, which are reported by then. */
export function readDetection(
  entry: Entry,
  reader: DocumentReader,
  leaves: LeafOptions,
  key: 'detection' | 'filter' = 'detection',
): Expr | undefined {
  if (!isMap(entry.value)) {
    reader.problems.error(
      entry.keyOffset,
      'detection.map',
      `\`${key}\` has to be a map of selections and a \`condition\``,
    )
    return undefined
  }
  return readSelections(entry.value, entry, reader, leaves, key)
}

function readNamed(map: YAMLMap, entry: Entry, reader: SelectionReader): Expr | undefined {
  return readSelections(map, entry, reader, reader)
}

/** Named selections and the condition over them. */
function readSelections(
  map: YAMLMap,
  entry: Entry,
  reader: DocumentReader,
  leaves: LeafOptions,
  key: 'detection' | 'filter' | 'block' = 'block',
): Expr | undefined {
  const before = reader.problems.errorCount()
  const selections = new Map<string, { readonly expr: Expr; readonly offset: number }>()
  let condition: Entry | undefined
  for (const item of entriesOf(map, reader)) {
    if (item.key === 'condition') condition = item
    else if (key === 'filter' && item.key === 'rules') continue
    else if (item.key === 'timeframe')
      reader.problems.error(
        item.keyOffset,
        'detection.timeframe',
        '`timeframe` is no longer Sigma; write a correlation rule',
      )
    else {
      const expr = readSelection(item, { ...reader, selection: item.key, ...leaves, readNamed })
      selections.set(item.key, { expr: expr ?? unread, offset: item.keyOffset })
    }
  }
  if (condition === undefined) {
    reader.problems.error(entry.keyOffset, 'condition.missing', `\`${key}\` needs a \`condition\``)
    return undefined
  }
  const expr = readConditions(condition, selections, reader)
  return reader.problems.errorCount() > before ? undefined : expr
}

/** Stands for a selection that could not be read, so that the condition is checked all the same. */
const unread: Expr = { kind: 'or', items: [] }

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
