import type { Problem, Rule } from '../contracts.ts'
import { type CollectedDocument, collectDocuments } from './collection.ts'
import { type LeafOptions, readDetection } from './detection.ts'
import { applyFilters, type Filter, readFilter } from './filters.ts'
import { readMetadata, readVersion } from './metadata.ts'
import type { Placeholders } from './placeholders.ts'
import { createFileProblems } from './problems.ts'
import { createTestTable } from './tests-in-use.ts'
import { readYamlDocuments } from './yaml-documents.ts'
import { offsetOf } from './yaml-nodes.ts'

/** A rule file: `path` is what problems and rules are called by. */
export interface RuleSource {
  readonly path: string
  readonly text: string
}

export interface ParseOptions {
  /** For `expand`. Default: none. */
  readonly placeholders?: Placeholders
}

/**
 * Reads rule files; a file may hold several documents. Every problem is collected, and a document with an error gives
 * no rule. Never throws, whatever the texts are.
 */
export function parseRules(
  files: readonly RuleSource[],
  { placeholders = {} }: ParseOptions = {},
): {
  readonly rules: readonly Rule[]
  readonly problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const rules: Rule[] = []
  const filters: Filter[] = []
  const leaves: LeafOptions = { internTest: createTestTable(), placeholders }
  for (const { path, text } of files) {
    const fileProblems = createFileProblems(path, problems)
    const documents = readYamlDocuments(text, fileProblems)
    if (documents.length === 0 && fileProblems.errorCount() === 0) {
      fileProblems.error(0, 'rule.none', 'there is no rule in this file')
    }
    for (const document of collectDocuments(documents, fileProblems)) {
      const filter = document.top.get('filter')
      if (filter === undefined)
        rules.push(...[readRule(document, leaves)].filter((rule) => rule !== undefined))
      else
        filters.push(...[readFilter(document, filter, leaves)].filter((each) => each !== undefined))
    }
  }
  const unique = new Set(withoutDuplicates([...rules, ...filters], problems))
  const ownRules = rules.filter((rule) => unique.has(rule))
  const ownFilters = filters.filter((filter) => unique.has(filter))
  return { rules: applyFilters(ownRules, ownFilters, problems), problems }
}

function readRule({ reader, top }: CollectedDocument, leaves: LeafOptions): Rule | undefined {
  const { document, problems } = reader
  const before = problems.errorCount()
  const correlation = top.get('correlation')
  if (correlation !== undefined) {
    const message = 'correlation rules are not supported'
    problems.error(correlation.keyOffset, 'rule.correlation', message)
    return undefined
  }
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

/** Ids and names are unique over all rules and filters of all files, because alerts and other rules refer to them. */
function withoutDuplicates(
  documents: readonly (Rule | Filter)[],
  problems: Problem[],
): (Rule | Filter)[] {
  const placeById = new Map<string, string>()
  const placeByName = new Map<string, string>()
  return documents.filter((rule) => {
    const { path, line } = rule.location
    // A filter without an id of its own may have the title of its rule.
    const isAnonymous = !('kind' in rule) && rule.missing.includes('id')
    const isNewId = isAnonymous || claim(placeById, rule.id, rule, problems, 'id')
    const isNewName =
      rule.name === undefined || claim(placeByName, rule.name, rule, problems, 'name')
    if (isNewId && !isAnonymous) placeById.set(rule.id, `${path}:${line}`)
    if (isNewName && rule.name !== undefined) placeByName.set(rule.name, `${path}:${line}`)
    return isNewId && isNewName
  })
}

function claim(
  places: ReadonlyMap<string, string>,
  value: string,
  rule: Rule | Filter,
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
