import type { EventRule, Problem, Rule, RuleMetadata } from '../contracts.ts'
import { type CollectedDocument, collectDocuments } from './collection.ts'
import { readCorrelation, type WrittenCorrelation } from './correlation.ts'
import { type LeafOptions, readDetection } from './detection.ts'
import { applyFilters, type Filter, readFilter } from './filters.ts'
import { linkCorrelations } from './link-correlations.ts'
import { readMetadata, readVersion } from './metadata.ts'
import type { Placeholders } from './placeholders.ts'
import { createFileProblems } from './problems.ts'
import { createTestTable } from './tests-in-use.ts'
import { readYamlDocuments } from './yaml-documents.ts'
import { offsetOf, scalarOf } from './yaml-nodes.ts'

/** A rule file: `path` is what problems and rules are called by. */
export interface RuleSource {
  readonly path: string
  readonly text: string
}

export interface ParseOptions {
  /** For `expand`. Default: none. */
  readonly placeholders?: Placeholders
}

/** What rule files say: every rule that can be read, and every problem. */
export interface ParsedRules {
  readonly rules: readonly Rule[]
  readonly problems: readonly Problem[]
}

/**
 * Reads rule files; a file may hold several documents. Every problem is collected, and a document with an error gives
 * no rule. Never throws, whatever the texts are.
 */
export function parseRules(
  files: readonly RuleSource[],
  { placeholders = {} }: ParseOptions = {},
): ParsedRules {
  const leaves: LeafOptions = { internTest: createTestTable(), placeholders }
  return linkFiles(files.map((file) => parseFile(file, leaves)))
}

/** One file by itself. */
export interface ParsedFile {
  readonly documents: readonly WrittenDocument[]
  /** Ids and names of documents that could not be read. */
  readonly broken: readonly string[]
  readonly problems: readonly Problem[]
}

export function parseFile({ path, text }: RuleSource, leaves: LeafOptions): ParsedFile {
  const problems: Problem[] = []
  const documents: WrittenDocument[] = []
  const broken: string[] = []
  const fileProblems = createFileProblems(path, problems)
  const found = readYamlDocuments(text, fileProblems)
  if (found.length === 0 && fileProblems.errorCount() === 0) {
    fileProblems.error(0, 'rule.none', 'there is no rule in this file')
  }
  for (const collected of collectDocuments(found, fileProblems)) {
    const document = readDocument(collected, leaves)
    if (document !== undefined) documents.push(document)
    else broken.push(...namesOf(collected))
  }
  return { documents, broken, problems }
}

/**
 * What files say together: references between rules, filters, ids and names that are there twice. Problems of a correlation are
 * added to those of its file.
 */
export function linkFiles(files: readonly ParsedFile[]): ParsedRules {
  const problems: Problem[] = []
  const documents = files.flatMap((file) => file.documents)
  const unique = withoutDuplicates(documents, problems)
  const filters = unique.filter((document) => document.kind === 'filter')
  const written = unique.filter((document) => document.kind !== 'filter')
  const rules = linkCorrelations(written, new Set(files.flatMap((file) => file.broken)))
  const filtered = applyFilters(rules, filters, problems)
  return { rules: filtered, problems: [...files.flatMap((file) => file.problems), ...problems] }
}

type WrittenDocument = EventRule | WrittenCorrelation | Filter

function readDocument(
  document: CollectedDocument,
  leaves: LeafOptions,
): WrittenDocument | undefined {
  const filter = document.top.get('filter')
  if (filter !== undefined) return readFilter(document, filter, leaves)
  const correlation = document.top.get('correlation')
  if (correlation !== undefined) return readCorrelation(document, correlation)
  return readRule(document, leaves)
}

/** What other rules may call the one of a document, whether it can be read or not. */
function namesOf({ top }: CollectedDocument): string[] {
  return ['id', 'name'].flatMap((key) => {
    const scalar = scalarOf(top.get(key)?.value)
    return scalar.kind === 'text' ? [key === 'id' ? scalar.text.toLowerCase() : scalar.text] : []
  })
}

function readRule({ reader, top }: CollectedDocument, leaves: LeafOptions): EventRule | undefined {
  const { document, problems } = reader
  const before = problems.errorCount()
  const metadata = readMetadata(top, reader)
  const detection = top.get('detection')
  if (detection === undefined) {
    problems.error(offsetOf(document.contents), 'rule.detection', 'a rule needs a `detection`')
    return undefined
  }
  const hasArrays = readVersion(top, reader) >= 3
  const condition = readDetection(detection, reader, { ...leaves, hasArrays })
  if (metadata === undefined || condition === undefined || problems.errorCount() > before)
    return undefined
  return Object.freeze({ kind: 'event', ...metadata, condition })
}

/** Ids and names are unique over all documents of all files, because alerts and other rules refer to them. */
function withoutDuplicates(
  documents: readonly WrittenDocument[],
  problems: Problem[],
): WrittenDocument[] {
  const placeById = new Map<string, string>()
  const placeByName = new Map<string, string>()
  return documents.filter((document) => {
    const { path, line } = document.location
    // A filter without an id of its own may have the title of its rule.
    const isAnonymous = document.kind === 'filter' && document.missing.includes('id')
    const isNewId = isAnonymous || claim(placeById, document.id, document, problems, 'id')
    const isNewName =
      document.name === undefined || claim(placeByName, document.name, document, problems, 'name')
    if (isNewId && !isAnonymous) placeById.set(document.id, `${path}:${line}`)
    if (isNewName && document.name !== undefined) placeByName.set(document.name, `${path}:${line}`)
    return isNewId && isNewName
  })
}

function claim(
  places: ReadonlyMap<string, string>,
  value: string,
  rule: RuleMetadata,
  problems: Problem[],
  key: 'id' | 'name',
): boolean {
  const place = places.get(value)
  if (place === undefined) return true
  const isDerived = key === 'id' && rule.missing.includes('id')
  const message = isDerived
    ? `this rule has no id, and the title of the rule at ${place}; give it an id`
    : `the ${key} ${value} belongs to the rule at ${place}; give this one another`
  problems.push({ ...rule.location, severity: 'error', code: `rule.${key}`, message })
  return false
}
