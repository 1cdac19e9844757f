import { createHash } from 'node:crypto'
import { isMap, isScalar } from 'yaml'
import type { Logsource, RuleMetadata, Status } from '../contracts.ts'
import { levels } from './levels.ts'
import {
  type DocumentReader,
  type Entry,
  mapOf,
  offsetOf,
  scalarOf,
  textsOf,
} from './yaml-nodes.ts'

/** The prefix of our custom attributes: the one top-level key that is ours. */
const customKey = 'kubewitness'

export const statuses: readonly Status[] = [
  'experimental',
  'test',
  'stable',
  'deprecated',
  'unsupported',
]

/** Keys that a rule can do without and should not. */
const expectedKeys = ['id', 'status', 'author', 'date', 'level', 'references', 'falsepositives']

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

type Top = ReadonlyMap<string, Entry>

/**
 * Everything of a rule but its detection. Undefined when the title is missing, or a logsource that it needs; reported by
 * then. Without one it is about any.
 */
export function readMetadata(
  top: Top,
  reader: DocumentReader,
  { needsLogsource }: { readonly needsLogsource: boolean } = { needsLogsource: true },
): RuleMetadata | undefined {
  const start = offsetOf(reader.document.contents)
  const title = readText('title', top, reader)
  if (title === undefined && !top.has('title'))
    reader.problems.error(start, 'rule.title', 'a rule needs a `title`')
  const logsource = needsLogsource || top.has('logsource') ? readLogsource(top, reader) : {}
  const level = readOneOf('level', levels, 'medium', top, reader)
  const status = readOneOf('status', statuses, 'experimental', top, reader)
  const id = readId(top, title ?? '', reader)
  const name = readText('name', top, reader)
  const description = readText('description', top, reader)
  refuseTaxonomy(top, reader)
  if (title === undefined || logsource === undefined) return undefined
  return {
    id,
    ...(name === undefined ? {} : { name }),
    title,
    ...(description === undefined ? {} : { description }),
    level,
    status,
    tags: readTexts('tags', top, reader),
    logsource,
    fields: readTexts('fields', top, reader),
    falsePositives: readTexts('falsepositives', top, reader),
    references: readTexts('references', top, reader),
    custom: readCustom(top, reader),
    missing: expectedKeys.filter((key) => !top.has(key)),
    keyLocations: keyLocationsOf(top, reader),
    location: reader.problems.locate(start),
  }
}

const locatedKeys = ['status', 'tags']

function keyLocationsOf(top: Top, { problems }: DocumentReader): RuleMetadata['keyLocations'] {
  const known = locatedKeys.flatMap((key) => {
    const entry = top.get(key)
    return entry === undefined ? [] : [[key, problems.locate(entry.keyOffset)] as const]
  })
  const custom = top.get(customKey)?.value
  const own = isMap(custom)
    ? custom.items.flatMap(({ key }) =>
        isScalar(key)
          ? [[`${customKey}.${String(key.value)}`, problems.locate(offsetOf(key))] as const]
          : [],
      )
    : []
  return Object.fromEntries([...known, ...own])
}

function readText(key: string, top: Top, { problems }: DocumentReader): string | undefined {
  const entry = top.get(key)
  if (entry === undefined) return undefined
  const scalar = scalarOf(entry.value)
  if (scalar.kind === 'text' && scalar.text.trim() !== '') return scalar.text.trim()
  problems.error(entry.keyOffset, 'rule.text', `\`${key}\` has to be a text that is not empty`)
  return undefined
}

function readTexts(key: string, top: Top, reader: DocumentReader): readonly string[] {
  const entry = top.get(key)
  return entry === undefined ? [] : textsOf(entry, reader)
}

function readOneOf<T extends string>(
  key: string,
  allowed: readonly T[],
  fallback: T,
  top: Top,
  reader: DocumentReader,
): T {
  const text = readText(key, top, reader)
  if (text === undefined) return fallback
  const known = allowed.find((value) => value === text)
  if (known !== undefined) return known
  reader.problems.error(
    top.get(key)?.keyOffset ?? 0,
    `rule.${key}`,
    `\`${text}\` is no ${key}; allowed are ${allowed.join(', ')}`,
  )
  return fallback
}

/** Without an id of its own a rule gets one from its title, so that its alerts keep theirs when the file moves. */
function readId(top: Top, title: string, reader: DocumentReader): string {
  const text = readText('id', top, reader)
  if (text === undefined) return idFromTitle(title)
  if (!uuid.test(text)) {
    reader.problems.error(
      top.get('id')?.keyOffset ?? 0,
      'rule.id',
      '`id` has to be a UUID, such as 3f2c1a54-8a5b-4f0e-9b62-0d3f7a1c5e88',
    )
  }
  return text.toLowerCase()
}

function idFromTitle(title: string): string {
  const hex = createHash('sha256').update(`sigma rule ${title}`).digest('hex')
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ]
  return groups.join('-')
}

function readLogsource(top: Top, reader: DocumentReader): Logsource | undefined {
  const { problems } = reader
  const entry = top.get('logsource')
  if (entry === undefined) {
    problems.error(
      offsetOf(reader.document.contents),
      'rule.logsource',
      'a rule needs a `logsource`',
    )
    return undefined
  }
  const map = mapOf(entry.value, reader)
  if (map === undefined) {
    problems.error(
      entry.keyOffset,
      'rule.logsource',
      '`logsource` has to be a map with category, product or service',
    )
    return undefined
  }
  const logsource: { category?: string; product?: string; service?: string } = {}
  for (const key of ['category', 'product', 'service'] as const) {
    const text = readText(key, map, reader)
    if (text !== undefined) logsource[key] = text
  }
  if (Object.keys(logsource).length > 0) return logsource
  problems.error(
    entry.keyOffset,
    'rule.logsource',
    '`logsource` needs a category, product or service',
  )
  return undefined
}

/** The major version that the rule declares: 2 unless there is a `sigma-version`. */
export function readVersion(top: Top, reader: DocumentReader): number {
  const entry = top.get('sigma-version')
  if (entry === undefined) return 2
  const scalar = scalarOf(entry.value)
  const text =
    scalar.kind === 'number' ? String(scalar.number) : scalar.kind === 'text' ? scalar.text : ''
  const major = Number(/^([1-9]\d*)(?:\.\d+)*$/.exec(text)?.[1] ?? 0)
  if (major >= 1 && major <= 3) return major
  const message = '`sigma-version` has to be 1, 2 or 3'
  reader.problems.error(entry.keyOffset, 'rule.sigmaVersion', message)
  return 2
}

function refuseTaxonomy(top: Top, reader: DocumentReader): void {
  const taxonomy = readText('taxonomy', top, reader)
  if (taxonomy === undefined || taxonomy === 'sigma') return
  reader.problems.error(
    top.get('taxonomy')?.keyOffset ?? 0,
    'rule.taxonomy',
    `the taxonomy \`${taxonomy}\` is not known; only \`sigma\` is`,
  )
}

function readCustom(
  top: Top,
  { document, problems }: DocumentReader,
): Readonly<Record<string, unknown>> {
  const entry = top.get(customKey)
  if (entry === undefined) return {}
  if (!isMap(entry.value)) {
    problems.error(entry.keyOffset, 'rule.custom', `\`${customKey}\` has to be a map`)
    return {}
  }
  // A map of YAML becomes a plain object; `aliasesAreBounded` has limited what it can expand to.
  return entry.value.toJS(document, { maxAliasCount: -1 }) as Readonly<Record<string, unknown>>
}
