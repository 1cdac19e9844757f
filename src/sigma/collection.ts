import { type Document, isAlias, isMap, type Pair, visit, YAMLMap } from 'yaml'
import type { FileProblems } from './problems.ts'
import { type DocumentReader, type Entry, mapOf, offsetOf, scalarOf } from './yaml-nodes.ts'
import { hasAlias } from './yaml-walk.ts'

/** One document of a file with the keys it has after `action: global` and `action: repeat` were carried out. */
export interface CollectedDocument {
  readonly reader: DocumentReader
  readonly top: ReadonlyMap<string, Entry>
}

type Top = ReadonlyMap<string, Entry>

/**
 * The rules, filters and correlations of a file. `global` documents are merged into the rules behind them, where their
 * keys win; `reset` forgets them; `repeat` is the rule before, with its own keys over it. All as pySigma does.
 */
export function collectDocuments(
  documents: readonly Document.Parsed[],
  problems: FileProblems,
): CollectedDocument[] {
  const collected: CollectedDocument[] = []
  let global: Top = new Map()
  let previous: Top = new Map()
  for (const document of documents) {
    const reader: DocumentReader = { document, problems }
    const before = problems.errorCount()
    const top = topOf(reader)
    if (top === undefined || problems.errorCount() > before) continue
    const action = top.get('action')
    const own = withoutAction(top)
    const name = action === undefined ? 'none' : actionName(action)
    switch (name) {
      case 'none':
        previous = isRule(top) ? merge(top, global) : top
        collected.push({ reader, top: previous })
        break
      case 'global':
        global = own
        previous = own
        break
      case 'reset':
        global = new Map()
        break
      case 'repeat':
        previous = merge(previous, own)
        collected.push({ reader, top: previous })
        break
      default:
        problems.error(
          action?.keyOffset ?? 0,
          'rule.action',
          '`action` has to be global, reset or repeat',
        )
    }
  }
  return collected
}

function topOf(reader: DocumentReader): Top | undefined {
  const { document, problems } = reader
  expandAliases(document)
  const top = mapOf(document.contents, reader)
  if (top === undefined) {
    problems.error(
      offsetOf(document.contents),
      'rule.map',
      'a rule has to be a map with title, logsource and detection',
    )
  }
  return top
}

/** An alias means something in its own document only, and nodes go from one to another here. */
function expandAliases(document: Document.Parsed): void {
  if (!hasAlias(document)) return
  visit(document, {
    Alias: (_key, node) => {
      const target = node.resolve(document)
      return target === undefined || isAlias(target) ? undefined : target
    },
  })
}

function actionName({ value }: Entry): string {
  const scalar = scalarOf(value)
  return scalar.kind === 'text' && scalar.text !== 'none' ? scalar.text : 'unknown'
}

function withoutAction(top: Top): Top {
  return new Map([...top].filter(([key]) => key !== 'action'))
}

function isRule(top: Top): boolean {
  return !top.has('correlation') && !top.has('filter')
}

/** Maps within each other are merged, anything else is taken from `winner`. */
function merge(base: Top, winner: Top): Top {
  const merged = new Map(base)
  for (const [key, entry] of winner) {
    const other = merged.get(key)
    const isBoth = other !== undefined && isMap(other.value) && isMap(entry.value)
    merged.set(key, isBoth ? { ...entry, value: mergeMaps(other.value, entry.value) } : entry)
  }
  return merged

  function mergeMaps(first: unknown, second: unknown): unknown {
    if (!isMap(first) || !isMap(second)) return second
    const map = new YAMLMap<unknown, unknown>()
    if (second.range) map.range = second.range
    const pairs = new Map<string, Pair<unknown, unknown>>()
    for (const pair of first.items) pairs.set(keyOf(pair), pair)
    for (const pair of second.items) {
      const other = pairs.get(keyOf(pair))
      if (other === undefined) pairs.set(keyOf(pair), pair)
      else {
        const both = pair.clone()
        both.value = mergeMaps(other.value, pair.value)
        pairs.set(keyOf(pair), both)
      }
    }
    map.items.push(...pairs.values())
    return map
  }
}

function keyOf({ key }: Pair<unknown, unknown>): string {
  return typeof key === 'object' &&
    key !== null &&
    'source' in key &&
    typeof key.source === 'string'
    ? key.source
    : String(key)
}
