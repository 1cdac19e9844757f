import { isMap, isSeq, type YAMLMap } from 'yaml'
import type { Expr } from '../contracts.ts'
import { type ArrayStep, parseArrayPath } from './array-path.ts'
import { readLeaf, type SelectionReader } from './leaf.ts'
import { type Entry, mapOf, resolveAlias } from './yaml-nodes.ts'

/** How the fields of a block become one expression; passed in, as blocks stand within blocks. */
export type ReadFields = (map: YAMLMap, reader: SelectionReader) => Expr | undefined

/** A field of a rule with `sigma-version: 3`: its name may select array elements, and its value may be a block about one. */
export function readArrayField(
  entry: Entry,
  reader: SelectionReader,
  readFields: ReadFields,
): Expr | undefined {
  const [name = '', ...modifiers] = entry.key.split('|')
  const path = parseArrayPath(name)
  if (typeof path === 'string') {
    reader.problems.error(entry.keyOffset, 'field.selector', path)
    return undefined
  }
  const { steps, rest } = path
  const isBlock = isMap(entry.value) || (isSeq(entry.value) && entry.value.items.some(isMap))
  if (isBlock && (rest !== '' || steps.length === 0 || modifiers.length > 0)) {
    const message =
      'a map as value needs a field that ends in [any], [all], [all_or_empty], [none] or a number'
    reader.problems.error(entry.keyOffset, 'value.nested', message)
    return undefined
  }
  const inside: SelectionReader = steps.length === 0 ? reader : { ...reader, isInElement: true }
  const item = isBlock
    ? readBlocks(entry, inside, readFields)
    : readValues(entry, { name: rest === '' && steps.length > 0 ? '.' : rest, modifiers }, inside)
  if (item === undefined) return undefined
  return steps.reduceRight((inner, step) => elementsOf(step, inner, entry, reader), item)
}

function readValues(
  entry: Entry,
  { name, modifiers }: { readonly name: string; readonly modifiers: readonly string[] },
  reader: SelectionReader,
): Expr | undefined {
  const nodes: unknown[] = isSeq(entry.value) ? entry.value.items : [entry.value]
  if (name === '' && reader.isInElement === true) {
    reader.problems.error(
      entry.keyOffset,
      'keyword.place',
      'keywords have no place in an array block',
    )
    return undefined
  }
  return readLeaf({ name, modifiers, nodes, offset: entry.keyOffset }, reader)
}

function elementsOf(
  { path, quantifier }: ArrayStep,
  item: Expr,
  { keyOffset }: Entry,
  { problems, selection }: SelectionReader,
): Expr {
  const location = problems.locate(keyOffset)
  return Object.freeze({ kind: 'elements', path, quantifier, item, selection, location })
}

/** One block, or a list of them of which the element has to be like any. */
function readBlocks(
  entry: Entry,
  reader: SelectionReader,
  readFields: ReadFields,
): Expr | undefined {
  const nodes: unknown[] = isSeq(entry.value) ? entry.value.items : [entry.value]
  const items: Expr[] = []
  for (const node of nodes) {
    const map = resolveAlias(node, reader)
    if (!isMap(map)) {
      const message = 'values and maps cannot stand beside each other here'
      reader.problems.error(entry.keyOffset, 'value.nested', message)
      return undefined
    }
    const item = mapOf(map, reader)?.has('condition')
      ? reader.readNamed(map, { ...entry, value: map }, reader)
      : readFields(map, reader)
    if (item === undefined) return undefined
    items.push(item)
  }
  const [only] = items
  return items.length === 1 ? only : Object.freeze({ kind: 'or', items: Object.freeze(items) })
}
