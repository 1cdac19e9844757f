import { type Document, isAlias, isMap, isScalar, isSeq, type Scalar, type YAMLMap } from 'yaml'
import type { FileProblems } from './problems.ts'

/** One document, and where its problems go. */
export interface DocumentReader {
  readonly document: Document.Parsed
  readonly problems: FileProblems
}

/** Where a node begins in the text of the file. */
export function offsetOf(node: unknown): number {
  if (typeof node !== 'object' || node === null || !('range' in node)) return 0
  const range = node.range
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : 0
}

/** Where character `at` of a scalar stands in the file: exact for what is written on one line without escapes. */
export function offsetInside(node: unknown, at: number): number {
  const start = offsetOf(node)
  if (!isScalar(node) || typeof node.value !== 'string') return start
  const { type, source } = node
  if (source !== node.value || source.includes('\n')) return start
  if (type === 'PLAIN') return start + at
  return type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE' ? start + 1 + at : start
}

/** The node itself, or what an alias stands for. */
export function resolveAlias(node: unknown, { document }: DocumentReader): unknown {
  return isAlias(node) ? node.resolve(document) : node
}

export interface Entry {
  readonly key: string
  readonly keyOffset: number
  readonly value: unknown
}

/** The entries of a map in order; a key is its text as written (`on` stays `on`). Merge keys and maps as keys are problems. */
export function entriesOf(map: YAMLMap, reader: DocumentReader): Entry[] {
  const entries: Entry[] = []
  for (const { key, value } of map.items) {
    const keyOffset = offsetOf(key)
    if (!isScalar(key) || (key.value === null && key.source === '')) {
      reader.problems.error(keyOffset, 'yaml.key', 'a key has to be a text')
      continue
    }
    if (typeof key.value === 'symbol') {
      reader.problems.error(
        keyOffset,
        'yaml.merge',
        'merge keys (<<) are not supported; write the entries out',
      )
      continue
    }
    const text = key.source ?? String(key.value)
    entries.push({ key: text, keyOffset, value: resolveAlias(value, reader) })
  }
  return entries
}

/** A map as its entries by key, or undefined when the node is no map. */
export function mapOf(
  node: unknown,
  reader: DocumentReader,
): ReadonlyMap<string, Entry> | undefined {
  if (!isMap(node)) return undefined
  return new Map(entriesOf(node, reader).map((entry) => [entry.key, entry]))
}

export type ScalarValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'boolean'; readonly boolean: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'other' }

/** PyYAML's float: it wants the point, and a sign before the exponent; anything else with an exponent is text. */
const floatWithExponent = /^[-+]?[0-9][0-9_]*\.[0-9_]*[eE][-+][0-9]+$/

/** A leading zero announces octal digits; with others it is a text. */
const digitsNotOctal = /^[-+]?0[0-9_]*[89][0-9_]*$/

/** A float that begins with its point has no sign, and a digit behind it. */
const pointNotFloat = /^(?:[-+]\.[0-9_]|\._)/

/** A scalar as PyYAML (YAML 1.1) reads it, which is what Sigma's reference implementation does. */
export function scalarOf(node: unknown): ScalarValue {
  if (node === null || node === undefined) return { kind: 'null' }
  if (!isScalar(node)) return { kind: 'other' }
  const { value } = node
  if (typeof value === 'string') return { kind: 'text', text: value }
  if (value === null) return { kind: 'null' }
  const source = node.type === 'PLAIN' ? (node.source ?? '') : ''
  if (typeof value === 'boolean') {
    if (/^[yYnN]$/.test(source)) return { kind: 'text', text: source }
    return { kind: 'boolean', boolean: value }
  }
  if (typeof value === 'number') {
    if (digitsNotOctal.test(source) || pointNotFloat.test(source))
      return { kind: 'text', text: source }
    const hasExponent = /^[^xX]*[eE]/.test(source)
    if (hasExponent && !floatWithExponent.test(source)) return { kind: 'text', text: source }
    return { kind: 'number', number: value }
  }
  return { kind: 'other' }
}

/** What YAML 1.2 would read differently: yes/no/on/off, a leading zero, base 60, underscores, binary. */
const differsInYaml12 =
  /^(?:yes|no|on|off|[-+]?0[0-7_]+|[-+]?0b[01_]+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[-+]?[0-9]+_[0-9_]*)$/i

/** True for an unquoted value that tools which read YAML 1.2 understand differently. */
export function isAmbiguous(node: Scalar): boolean {
  return node.type === 'PLAIN' && differsInYaml12.test(node.source ?? '')
}

/** A text, and where it stands. */
export interface PlacedText {
  readonly text: string
  readonly offset: number
}

/** The texts of a list of texts, or of a single text. Anything else in it is a problem. */
export function textsOf(entry: Entry, reader: DocumentReader): string[] {
  return placedTextsOf(entry, reader).map(({ text }) => text)
}

/** `textsOf` with their places. */
export function placedTextsOf(entry: Entry, reader: DocumentReader): PlacedText[] {
  const items: unknown[] = isSeq(entry.value) ? entry.value.items : [entry.value]
  const texts: PlacedText[] = []
  for (const item of items) {
    const scalar = scalarOf(resolveAlias(item, reader))
    if (scalar.kind === 'text') texts.push({ text: scalar.text, offset: offsetOf(item) })
    else if (scalar.kind !== 'null') {
      reader.problems.error(
        offsetOf(item),
        'rule.text',
        `\`${entry.key}\` has to hold texts; put this one in quotes`,
      )
    }
  }
  return texts
}
