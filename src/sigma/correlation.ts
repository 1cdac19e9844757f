import { isMap, isSeq } from 'yaml'
import type { CorrelationType, RuleMetadata, SourceLocation } from '../contracts.ts'
import type { CollectedDocument } from './collection.ts'
import {
  readCorrelationCondition,
  refuseFieldName,
  type WrittenCondition,
} from './correlation-condition.ts'
import { readMetadata } from './metadata.ts'
import { parseTimespanUs } from './timespan.ts'
import {
  type DocumentReader,
  type Entry,
  entriesOf,
  mapOf,
  offsetOf,
  type PlacedText,
  placedTextsOf,
  scalarOf,
} from './yaml-nodes.ts'

/** A correlation as it is written: what it refers to is found when all files are read. */
export interface WrittenCorrelation extends RuleMetadata {
  readonly kind: 'written'
  readonly written: WrittenParts
  readonly reader: DocumentReader
}

export interface WrittenParts {
  readonly type: CorrelationType
  /** Ids or names; undefined = those that the condition names. */
  readonly references: readonly PlacedText[] | undefined
  readonly generate: boolean
  readonly groupBy: readonly string[]
  readonly aliases: readonly WrittenAlias[]
  readonly timespanUs: number
  readonly condition: WrittenCondition
}

/** A name that stands for another field in the events of each rule. */
export interface WrittenAlias {
  readonly name: string
  readonly offset: number
  readonly fields: readonly { readonly reference: PlacedText; readonly field: string }[]
}

export const correlationTypes: readonly CorrelationType[] = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
]

const keys = ['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases', 'generate']
const maxNames = 16
/** Of rules that one correlation refers to. */
const maxReferences = 256

type Part = ReadonlyMap<string, Entry>

/** Undefined when it has problems, which are reported by then. */
export function readCorrelation(
  { reader, top }: CollectedDocument,
  entry: Entry,
): WrittenCorrelation | undefined {
  const { problems } = reader
  const before = problems.errorCount()
  const metadata = readMetadata(top, reader, { needsLogsource: false })
  const part = mapOf(entry.value, reader)
  if (part === undefined) {
    problems.error(entry.keyOffset, 'correlation.map', '`correlation` has to be a map')
    return undefined
  }
  refuseOthers(top, part, reader)
  const type = readType(part.get('type'), entry, reader)
  const timespanUs = readTimespan(part.get('timespan'), entry, reader)
  const condition =
    type === undefined
      ? undefined
      : readCorrelationCondition(type, part.get('condition'), entry, reader)
  const references = readReferences(part.get('rules'), condition, entry, reader)
  const rest = {
    generate: readGenerate(top, part, reader),
    groupBy: readGroupBy(part.get('group-by'), reader),
    aliases: readAliases(part.get('aliases'), reader),
  }
  if (
    metadata === undefined ||
    type === undefined ||
    timespanUs === undefined ||
    condition === undefined ||
    problems.errorCount() > before
  )
    return undefined
  const keyLocations = { ...metadata.keyLocations, ...locationsOf(part, reader) }
  const written = { type, references, timespanUs, condition, ...rest }
  return { kind: 'written', ...metadata, keyLocations, written, reader }
}

function locationsOf(part: Part, { problems }: DocumentReader): Record<string, SourceLocation> {
  const places = [...part.values()].map(
    ({ key, keyOffset }) => [`correlation.${key}`, problems.locate(keyOffset)] as const,
  )
  return Object.fromEntries(places)
}

function refuseOthers(top: Part, part: Part, { problems }: DocumentReader): void {
  const detection = top.get('detection')
  if (detection !== undefined)
    problems.error(
      detection.keyOffset,
      'correlation.detection',
      'a document is a correlation or has a `detection`; put the rule into a document of its own',
    )
  for (const { key, keyOffset } of part.values()) {
    if (!keys.includes(key))
      problems.error(
        keyOffset,
        'correlation.key',
        `a correlation has no \`${key}\`; it has ${keys.join(', ')}`,
      )
  }
}

function readType(
  entry: Entry | undefined,
  correlation: Entry,
  { problems }: DocumentReader,
): CorrelationType | undefined {
  const scalar = scalarOf(entry?.value)
  const text = scalar.kind === 'text' ? scalar.text.toLowerCase() : ''
  const type = correlationTypes.find((known) => known === text)
  if (type !== undefined) return type
  const allowed = `one of ${correlationTypes.join(', ')}`
  problems.error(
    (entry ?? correlation).keyOffset,
    'correlation.type',
    entry === undefined
      ? `a correlation needs a \`type\`, ${allowed}`
      : `\`type\` has to be ${allowed}`,
  )
  return undefined
}

function readTimespan(
  entry: Entry | undefined,
  correlation: Entry,
  { problems }: DocumentReader,
): number | undefined {
  const refuse = (message: string): undefined =>
    problems.error((entry ?? correlation).keyOffset, 'correlation.timespan', message) as undefined
  if (entry === undefined) return refuse('a correlation needs a `timespan`, such as 15m')
  const scalar = scalarOf(entry.value)
  if (scalar.kind !== 'text' && scalar.kind !== 'number')
    return refuse('`timespan` has to be a text such as 15m')
  const timespan = parseTimespanUs(scalar.kind === 'text' ? scalar.text : String(scalar.number))
  return typeof timespan === 'number' ? timespan : refuse(timespan.reason)
}

function readReferences(
  entry: Entry | undefined,
  condition: WrittenCondition | undefined,
  correlation: Entry,
  reader: DocumentReader,
): readonly PlacedText[] | undefined {
  const isNamedByCondition = condition === undefined || condition.kind === 'text'
  const isEmpty = entry === undefined || (isSeq(entry.value) && entry.value.items.length === 0)
  if (isEmpty && isNamedByCondition) return undefined
  const refuse = (message: string): undefined =>
    reader.problems.error(
      (entry ?? correlation).keyOffset,
      'correlation.rules',
      message,
    ) as undefined
  if (entry === undefined) return refuse('a correlation needs `rules`: ids or names')
  const references = placedTextsOf(entry, reader)
  if (references.length === 0) return refuse('`rules` has to hold ids or names of rules')
  if (references.length > maxReferences)
    return refuse(`a correlation refers to at most ${maxReferences} rules`)
  return references
}

function readGenerate(top: Part, part: Part, { problems }: DocumentReader): boolean {
  const outer = top.get('generate')
  if (outer !== undefined)
    problems.warning(
      outer.keyOffset,
      'correlation.generate',
      'most tools read `generate` within `correlation` only; move it there',
    )
  const entry = part.get('generate') ?? outer
  if (entry === undefined) return false
  const scalar = scalarOf(entry.value)
  if (scalar.kind === 'boolean') return scalar.boolean
  problems.error(entry.keyOffset, 'correlation.generate', '`generate` has to be true or false')
  return false
}

function readGroupBy(entry: Entry | undefined, reader: DocumentReader): readonly string[] {
  if (entry === undefined) return []
  const names = placedTextsOf(entry, reader)
  if (names.length > maxNames)
    reader.problems.error(
      entry.keyOffset,
      'correlation.groupBy',
      `\`group-by\` has at most ${maxNames} names`,
    )
  const seen = new Set<string>()
  for (const { text, offset } of names) {
    refuseFieldName(text, offset, reader)
    if (seen.has(text))
      reader.problems.error(offset, 'correlation.groupBy', `\`${text}\` was there already`)
    seen.add(text)
  }
  return [...seen]
}

function readAliases(entry: Entry | undefined, reader: DocumentReader): readonly WrittenAlias[] {
  if (entry === undefined || scalarOf(entry.value).kind === 'null') return []
  const refuse = (offset: number, message: string): [] => {
    reader.problems.error(offset, 'correlation.aliases', message)
    return []
  }
  if (!isMap(entry.value))
    return refuse(entry.keyOffset, '`aliases` has to be a map of maps: alias, rule, field')
  return entriesOf(entry.value, reader).flatMap(({ key: name, keyOffset: offset, value }) => {
    if (!isMap(value)) return refuse(offset, `the alias \`${name}\` has to be a map: rule, field`)
    const fields = entriesOf(value, reader).flatMap(({ key, keyOffset, value: field }) => {
      const scalar = scalarOf(field)
      if (scalar.kind !== 'text')
        return refuse(keyOffset, `\`${key}\` has to be followed by the name of a field`)
      refuseFieldName(scalar.text, offsetOf(field), reader)
      return [{ reference: { text: key, offset: keyOffset }, field: scalar.text }]
    })
    return [{ name, offset, fields }]
  })
}
