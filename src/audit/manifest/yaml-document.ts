import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml'
import { messageOf } from '../../errors.ts'
import { type ManifestEntry, ManifestSyntaxError, type ManifestValue } from './document.ts'
import { resolveScalar } from './yaml-scalar.ts'
import { refusedTab } from './yaml-tabs.ts'

export interface FirstDocument {
  readonly value: ManifestValue
  /** Where a second document begins; the API server never looks at it. */
  readonly secondOffset: number | undefined
}

/** What the library's reader refuses anywhere in the text. */
const forbiddenCharacter =
  /[^\t\n\r\u{20}-\u{7e}\u{85}\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u

/**
 * The first document of a YAML text, as the API server's library decodes it: the last of equal keys wins, merge keys
 * are followed where they stand. Throws ManifestSyntaxError.
 */
export function readYaml(original: string): FirstDocument {
  // Line breaks for that library, as in YAML 1.1.
  const text = original.replaceAll(/[\u0085\u2028\u2029]/g, '\n')
  const control = text.search(forbiddenCharacter)
  if (control >= 0)
    throw new ManifestSyntaxError(control, 'yaml.control', 'control characters are not allowed')
  const directive = directiveBehindContent(text)
  const lineCounter = new LineCounter()
  const [first, second] = parse(text.slice(0, directive), lineCounter)
  if (first === undefined) return { value: { kind: 'null', offset: 0 }, secondOffset: undefined }
  const end = endOfFlow(first)
  const error = first.errors.find(({ pos }) => pos[0] < end)
  if (error !== undefined)
    throw new ManifestSyntaxError(error.pos[0], 'yaml.syntax', error.message.split('\n')[0] ?? '')
  const tab = refusedTab(text, first, lineCounter)
  if (tab !== undefined)
    throw new ManifestSyntaxError(tab, 'yaml.tab', 'a tab cannot indent; use spaces')
  const value = new Builder(first).valueOf(first.contents)
  return { value, secondOffset: first.errors[0]?.pos[0] ?? second?.range[0] ?? directive }
}

/** Where a line that begins with % ends the document for the API server's library; ours takes it for an error. */
function directiveBehindContent(text: string): number | undefined {
  const content = text.search(/^[^%#\s]/m)
  const directive = content < 0 ? -1 : text.slice(content).search(/^%/m)
  return directive < 0 ? undefined : content + directive
}

/** The library stops at the end of a document in braces or brackets, whatever follows. */
function endOfFlow({ contents }: Document.Parsed): number {
  const isFlow = (isMap(contents) || isSeq(contents)) && contents.flow === true
  return isFlow ? (contents.range?.[1] ?? 0) : Number.POSITIVE_INFINITY
}

function parse(text: string, lineCounter: LineCounter): readonly Document.Parsed[] {
  try {
    const documents = parseAllDocuments(text, {
      version: '1.1',
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter,
    })
    // An empty stream comes back as an array that carries the errors of no document.
    return [...documents]
  } catch (error) {
    // The composer recurses: nesting beyond the stack is a RangeError.
    throw new ManifestSyntaxError(0, 'yaml.syntax', messageOf(error))
  }
}

/** Walks the tree, aliases expanded, within the library's bounds (go-yaml v2, `decode.go`). */
class Builder {
  readonly #document: Document.Parsed
  readonly #open = new Set<unknown>()
  #decoded = 0
  #decodedInAliases = 0

  constructor(document: Document.Parsed) {
    this.#document = document
  }

  valueOf(node: Node | null | undefined): ManifestValue {
    this.#count(offsetOf(node))
    if (isAlias(node)) return this.#inAlias(node, (target) => this.valueOf(target))
    const offset = offsetOf(node)
    if (isMap(node)) return { kind: 'map', entries: this.#entriesOf(node), offset }
    if (isSeq(node))
      return { kind: 'list', items: node.items.map((item) => this.valueOf(item as Node)), offset }
    if (!isScalar(node)) return { kind: 'null', offset }
    const source = String(node.value ?? '')
    const isPlain = node.type === 'PLAIN' || node.type === undefined
    if (!isPlain && node.tag === undefined) return { kind: 'text', text: source, offset }
    return resolveScalar(source, node.tag, offset)
  }

  #entriesOf(map: unknown): ManifestEntry[] {
    const entries = new Map<string, ManifestEntry>()
    this.#addEntries(map, entries)
    return [...entries.values()]
  }

  #addEntries(map: unknown, entries: Map<string, ManifestEntry>): void {
    if (!isMap(map)) return
    for (const pair of map.items) {
      const keyNode = pair.key as Node | null
      const valueNode = pair.value as Node | null
      const keyOffset = offsetOf(keyNode)
      if (isScalar(keyNode) && keyNode.value === '<<' && keyNode.type === 'PLAIN') {
        this.#merge(valueNode, entries)
        continue
      }
      const key = keyText(this.valueOf(keyNode))
      const isRepeated = entries.has(key)
      entries.set(key, { key, keyOffset, value: this.valueOf(valueNode), isRepeated })
    }
  }

  #merge(node: Node | null, entries: Map<string, ManifestEntry>): void {
    if (isSeq(node)) {
      for (const item of node.items.toReversed()) this.#mergeOne(item as Node, entries)
      return
    }
    this.#mergeOne(node, entries)
  }

  #mergeOne(node: Node | null, entries: Map<string, ManifestEntry>): void {
    this.#count(offsetOf(node))
    if (isAlias(node)) {
      this.#inAlias(node, (target) => {
        this.#mergeOne(target, entries)
        return { kind: 'null', offset: 0 }
      })
      return
    }
    if (!isMap(node))
      throw new ManifestSyntaxError(
        offsetOf(node),
        'yaml.merge',
        'a merge key (<<) takes a map or a list of maps',
      )
    this.#addEntries(node, entries)
  }

  #inAlias(alias: Node, build: (target: Node) => ManifestValue): ManifestValue {
    const target = isAlias(alias) ? alias.resolve(this.#document) : undefined
    const offset = offsetOf(alias)
    if (target === undefined)
      throw new ManifestSyntaxError(offset, 'yaml.alias', 'this alias has no anchor before it')
    if (this.#open.has(target))
      throw new ManifestSyntaxError(offset, 'yaml.alias', 'the anchored value contains itself')
    this.#open.add(target)
    const value = build(target)
    this.#open.delete(target)
    return value
  }

  #count(offset: number): void {
    this.#decoded += 1
    if (this.#open.size > 0) this.#decodedInAliases += 1
    if (this.#decodedInAliases <= 100 || this.#decoded <= 1000) return
    if (this.#decodedInAliases / this.#decoded > allowedAliasRatio(this.#decoded))
      throw new ManifestSyntaxError(
        offset,
        'yaml.alias',
        'the aliases expand to too much; write the values out',
      )
  }
}

function allowedAliasRatio(decoded: number): number {
  const [low, high] = [400_000, 4_000_000]
  if (decoded <= low) return 0.99
  if (decoded >= high) return 0.1
  return 0.99 - 0.89 * ((decoded - low) / (high - low))
}

function keyText(key: ManifestValue): string {
  switch (key.kind) {
    case 'text':
    case 'number':
      return key.text
    case 'boolean':
      return String(key.boolean)
    case 'null':
    case 'list':
    case 'map':
      throw new ManifestSyntaxError(key.offset, 'yaml.key', 'a key has to be a text')
    default:
      return key satisfies never
  }
}

function offsetOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0
}
