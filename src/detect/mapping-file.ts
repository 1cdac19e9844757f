import { isMap, isSeq } from 'yaml'
import { knownFields } from '../audit/known-fields.ts'
import type { Problem } from '../contracts.ts'
import { createFileProblems } from '../sigma/problems.ts'
import { readYamlDocuments } from '../sigma/yaml-documents.ts'
import {
  type DocumentReader,
  type Entry,
  mapOf,
  offsetOf,
  resolveAlias,
  textsOf,
} from '../sigma/yaml-nodes.ts'
import type { Mapping, ValueMapping } from './mapping.ts'

const keys = ['parts', 'fields', 'values']
const valueKeys = ['name', 'field', 'value', 'path', 'because'] as const
/** `{a}.{b}` multiplies; more paths than these are a slip. */
const maxPaths = 64

type Parts = ReadonlyMap<string, readonly string[]>

/** Reads a mapping of names (`detections/mapping.yml` shows all there is). Every problem is collected. Never throws. */
export function parseMapping({ path, text }: { readonly path: string; readonly text: string }): {
  readonly mapping: Mapping
  readonly problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const fileProblems = createFileProblems(path, problems)
  const nothing = { mapping: { fields: new Map(), values: [] }, problems }
  const [document, second] = readYamlDocuments(text, fileProblems)
  if (second !== undefined)
    fileProblems.error(offsetOf(second.contents), 'mapping.documents', 'a mapping is one document')
  if (document === undefined) return nothing
  const reader: DocumentReader = { document, problems: fileProblems }
  const top = mapOf(document.contents, reader)
  if (top === undefined) {
    fileProblems.error(0, 'mapping.map', `a mapping has to be a map of ${keys.join(', ')}`)
    return nothing
  }
  for (const { key, keyOffset } of top.values()) {
    if (!keys.includes(key))
      fileProblems.error(
        keyOffset,
        'mapping.key',
        `a mapping has no \`${key}\`; it has ${keys.join(', ')}`,
      )
  }
  const parts = new Map(
    sectionOf('parts', top, reader).map((entry) => [entry.key, textsOf(entry, reader)]),
  )
  const fields = new Map(
    sectionOf('fields', top, reader).map((entry) => [entry.key, readField(entry, parts, reader)]),
  )
  return { mapping: { fields, values: readValues(top.get('values'), reader) }, problems }
}

function sectionOf(
  key: string,
  top: ReadonlyMap<string, Entry>,
  reader: DocumentReader,
): readonly Entry[] {
  const entry = top.get(key)
  if (entry === undefined) return []
  const map = mapOf(entry.value, reader)
  if (map === undefined)
    reader.problems.error(entry.keyOffset, 'mapping.map', `\`${key}\` has to be a map`)
  return [...(map?.values() ?? [])]
}

function readField(entry: Entry, parts: Parts, reader: DocumentReader): readonly string[] {
  const { problems } = reader
  if (isField(entry.key))
    problems.error(
      entry.keyOffset,
      'mapping.field',
      `\`${entry.key}\` is a field of events and needs no mapping`,
    )
  const paths = textsOf(entry, reader).flatMap((text) => expand(text, parts))
  if (paths.length === 0 || paths.length > maxPaths)
    problems.error(
      entry.keyOffset,
      'mapping.path',
      `\`${entry.key}\` stands for ${paths.length} paths; it needs 1 to ${maxPaths}`,
    )
  for (const path of paths) {
    const part = /\{[^}]*\}?/.exec(path)?.[0]
    if (part !== undefined)
      problems.error(
        entry.keyOffset,
        'mapping.part',
        `there is no part \`${part}\`; there are ${[...parts.keys()].join(', ')}`,
      )
    else if (!isField(path))
      problems.error(entry.keyOffset, 'mapping.path', `audit events have no field \`${path}\``)
  }
  return paths
}

/** The path once for each choice of its parts; a part that does not exist stays as it is written. */
function expand(path: string, parts: Parts): readonly string[] {
  const found = /\{([^{}]+)\}/.exec(path)
  const choices = parts.get(found?.[1] ?? '')
  if (found === null || choices === undefined) return [path]
  const before = path.slice(0, found.index)
  return expand(path.slice(found.index + found[0].length), parts).flatMap((rest) =>
    choices.map((choice) => before + choice + rest),
  )
}

function isField(path: string): boolean {
  return knownFields.some((field) =>
    field.endsWith('.*') || field.endsWith('.')
      ? path.startsWith(field.replace(/\*$/, ''))
      : path === field,
  )
}

function readValues(entry: Entry | undefined, reader: DocumentReader): readonly ValueMapping[] {
  if (entry === undefined) return []
  if (!isSeq(entry.value)) {
    reader.problems.error(entry.keyOffset, 'mapping.values', '`values` has to be a list')
    return []
  }
  return entry.value.items.flatMap((item) => {
    const node = resolveAlias(item, reader)
    const map = isMap(node) ? mapOf(node, reader) : undefined
    const texts = valueKeys.map((key) => {
      const value = map?.get(key)
      return value === undefined ? undefined : textsOf(value, reader)[0]
    })
    const [name, field, value, path, because] = texts
    const isWhole = map?.size === valueKeys.length
    if (
      isWhole &&
      name !== undefined &&
      field !== undefined &&
      value !== undefined &&
      path !== undefined &&
      because !== undefined
    ) {
      if (isField(field) && isField(path)) return [{ name, field, value, path, because }]
    }
    reader.problems.error(
      offsetOf(node),
      'mapping.value',
      `a value has ${valueKeys.join(', ')}, all of them texts, the second and fourth fields of events`,
    )
    return []
  })
}
