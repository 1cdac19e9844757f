import { type Document, isAlias, isCollection, isScalar, parseAllDocuments, visit } from 'yaml'
import { messageOf } from '../errors.ts'
import type { FileProblems } from './problems.ts'
import { hasAlias, mapsIn } from './yaml-walk.ts'

/** A rule file is written by hand; the largest of SigmaHQ has 12 KB. */
const maxFileCharacters = 512 * 1024
const maxAliases = 100

/**
 * The documents of a rule file, read as YAML 1.1 with duplicate keys refused. Empty documents are left out, and so
 * is every document with an error. Never throws.
 */
export function readYamlDocuments(text: string, problems: FileProblems): Document.Parsed[] {
  if (text.length > maxFileCharacters) {
    problems.error(
      0,
      'yaml.tooLarge',
      `the file has more than ${maxFileCharacters} characters; split it`,
    )
    return []
  }
  const documents = parse(text, problems)
  return documents.filter((document) => isUsable(document, problems))
}

function parse(text: string, problems: FileProblems): Document.Parsed[] {
  try {
    const documents = parseAllDocuments(text, {
      version: '1.1',
      strict: true,
      // Compares each key with every other; `keysAreUnique` does not.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter: problems.lineCounter,
    })
    // An empty stream comes back as an empty array that carries the (absent) errors of no document.
    return Array.isArray(documents) ? [...documents] : []
  } catch (error) {
    // The composer recurses: nesting beyond the stack is a RangeError.
    problems.error(0, 'yaml.syntax', `the file cannot be read as YAML: ${messageOf(error)}`)
    return []
  }
}

function isUsable(document: Document.Parsed, problems: FileProblems): boolean {
  for (const error of document.errors) {
    problems.error(error.pos[0], 'yaml.syntax', error.message)
  }
  for (const warning of document.warnings) {
    problems.error(warning.pos[0], 'yaml.tag', `${warning.message}; remove the tag`)
  }
  if (document.errors.length > 0 || document.warnings.length > 0) return false
  if (isEmpty(document)) return false
  return keysAreUnique(document, problems) && aliasesAreBounded(document, problems)
}

/** Keys are the same when their values are (`8` and `010`), or their texts (`on` and `'on'`). */
function keysAreUnique(document: Document.Parsed, problems: FileProblems): boolean {
  const before = problems.errorCount()
  for (const map of mapsIn(document.contents)) {
    const seen = new Set<unknown>()
    for (const { key } of map.items) {
      if (!isScalar(key) || typeof key.value === 'symbol') continue
      const text = key.source ?? String(key.value)
      if (seen.has(key.value) || seen.has(text)) {
        problems.error(
          key.range?.[0] ?? 0,
          'yaml.duplicateKey',
          `\`${text}\` was there already; keep one`,
        )
      }
      seen.add(key.value).add(text)
    }
  }
  return problems.errorCount() === before
}

function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null)
}

/**
 * An alias may not stand inside an anchored node: then what a document expands to is bounded by its size times the
 * number of its aliases, and no cycle is possible.
 */
function aliasesAreBounded(document: Document.Parsed, problems: FileProblems): boolean {
  if (!hasAlias(document)) return true
  let aliases = 0
  let isBounded = true
  const refuse = (offset: number, message: string): symbol => {
    problems.error(offset, 'yaml.alias', message)
    isBounded = false
    return visit.BREAK
  }
  visit(document, (_key, node, ancestors) => {
    if (!isAlias(node)) return undefined
    const offset = node.range?.[0] ?? 0
    aliases += 1
    if (node.resolve(document) === undefined)
      return refuse(offset, `there is no anchor \`${node.source}\` before this alias`)
    if (aliases > maxAliases) return refuse(offset, `there are more than ${maxAliases} aliases`)
    const isInsideAnchor = ancestors.some(
      (ancestor) => isCollection(ancestor) && ancestor.anchor !== undefined,
    )
    if (!isInsideAnchor) return undefined
    return refuse(offset, 'an alias may not stand inside an anchored node; write its content out')
  })
  return isBounded
}
