import type { LeafOptions } from './detection.ts'
import {
  linkFiles,
  type ParsedFile,
  type ParsedRules,
  type ParseOptions,
  parseFile,
  type RuleSource,
} from './parse.ts'
import { createTestTable } from './tests-in-use.ts'

/** Tests that no file uses any more are forgotten with everything else, after so many times the files in use were parsed. */
const maxParsedPerFile = 4

/**
 * `parseRules` for the same files again and again: a file whose text has not changed, and that has no correlations, is not parsed
 * again. Rules are linked anew each time. What is kept is what the files of the last call gave.
 */
export function createRuleParser(): (
  files: readonly RuleSource[],
  options?: ParseOptions,
) => ParsedRules {
  let known = new Map<string, KnownFile>()
  let leaves: LeafOptions = { internTest: createTestTable(), placeholders: {} }
  let meaning = JSON.stringify({})
  let parsed = 0
  return (files, { placeholders = {} } = {}) => {
    const wanted = JSON.stringify(placeholders)
    if (wanted !== meaning || parsed > maxParsedPerFile * (files.length + 100)) {
      leaves = { internTest: createTestTable(), placeholders }
      meaning = wanted
      known = new Map()
      parsed = 0
    }
    const next = new Map<string, KnownFile>()
    const all = files.map((file) => {
      const before = known.get(file.path)
      const isSame = before?.text === file.text && !isLinked(before.found)
      if (!isSame) parsed += 1
      const found = isSame ? before.found : parseFile(file, leaves)
      next.set(file.path, { text: file.text, found })
      return found
    })
    known = next
    return linkFiles(all)
  }
}

/** Linking adds to the problems of such a file, so that it serves once. */
function isLinked({ documents }: ParsedFile): boolean {
  return documents.some(({ kind }) => kind === 'written')
}

interface KnownFile {
  readonly text: string
  readonly found: ParsedFile
}
