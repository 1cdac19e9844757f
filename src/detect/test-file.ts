import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml'
import type { Problem } from '../contracts.ts'
import { applyChanges, parseChangePath } from './change.ts'

/** One case of a test file, its event complete. */
export interface RuleCase {
  readonly name: string
  readonly event: Readonly<Record<string, unknown>>
  readonly isMatchExpected: boolean
}

export interface TestFile {
  readonly path: string
  readonly text: string
}

interface Reader {
  readonly bases: ReadonlyMap<string, object>
  report(offset: number, code: string, message: string): void
}

const caseKeys = new Set(['name', 'base', 'event', 'change', 'expect'])

/**
 * Reads a `*.test.yml` (YAML 1.2, as JSON is):
 *
 *     cases:
 *       - name: a sentence
 *         base: pod-exec           # an event of the table of base events, or `event: {…}` in full
 *         change:                  # path: value; null removes; quotes around keys with dots
 *           verb: get
 *           annotations."authorization.k8s.io/decision": forbid
 *         expect: match            # or none
 *
 * A case with a problem is left out; all problems are collected.
 */
export function readTestFile(
  { path, text }: TestFile,
  bases: ReadonlyMap<string, object>,
): { readonly cases: readonly RuleCase[]; readonly problems: readonly Problem[] } {
  const lineCounter = new LineCounter()
  const problems: Problem[] = []
  const report = (offset: number, code: string, message: string): void => {
    const { line, col } = lineCounter.linePos(offset)
    problems.push({
      path,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      severity: 'error',
      code,
      message,
    })
  }
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent', lineCounter })
  for (const error of document.errors) report(error.pos[0], 'yaml.syntax', error.message)
  if (document.errors.length > 0) return { cases: [], problems }
  const list = isMap(document.contents) ? document.contents.get('cases') : undefined
  if (!isSeq(list) || list.items.length === 0) {
    report(0, 'test.cases', 'a test file needs `cases`, a list with at least one case')
    return { cases: [], problems }
  }
  const cases = list.items.flatMap((item) => {
    if (isMap(item)) return readCase(item, { bases, report }) ?? []
    const offset = isNode(item) ? (item.range?.[0] ?? 0) : 0
    report(offset, 'test.case', 'a case has to be a map')
    return []
  })
  return { cases, problems }
}

function readCase(map: YAMLMap, { bases, report }: Reader): RuleCase | undefined {
  const offset = map.range?.[0] ?? 0
  const before = { isWhole: true }
  const refuse = (code: string, message: string, at = offset): void => {
    before.isWhole = false
    report(at, code, message)
  }
  for (const { key } of map.items) {
    const name = isScalar(key) ? String(key.value) : ''
    if (!caseKeys.has(name))
      refuse(
        'test.key',
        `a case has no \`${name}\`; it has ${[...caseKeys].join(', ')}`,
        isScalar(key) ? key.range?.[0] : offset,
      )
  }
  const { name, base, event, change, expect } = map.toJSON() as Readonly<Record<string, unknown>>
  if (typeof name !== 'string' || name === '')
    refuse('test.name', 'a case needs a `name`, a sentence about what it shows')
  if (expect !== 'match' && expect !== 'none')
    refuse('test.expect', '`expect` has to be match or none')
  const start = startOf(base, event, bases)
  if (typeof start === 'string') refuse('test.base', start)
  const changes = changesOf(change)
  if (typeof changes === 'string') refuse('test.change', changes)
  if (!before.isWhole || typeof start === 'string' || typeof changes === 'string') return undefined
  const changed = applyChanges(start, changes)
  if (typeof changed === 'string') {
    refuse('test.change', changed)
    return undefined
  }
  return { name: String(name), event: changed, isMatchExpected: expect === 'match' }
}

/** The event before its changes, or what is wrong. */
function startOf(
  base: unknown,
  event: unknown,
  bases: ReadonlyMap<string, object>,
): object | string {
  if (base !== undefined && event !== undefined) return 'a case has `base` or `event`, not both'
  if (event !== undefined) return isObject(event) ? event : '`event` has to be a map'
  if (base === undefined) return 'a case needs `base` or `event`'
  const known = bases.get(String(base))
  return (
    known ??
    `there is no base event \`${String(base)}\`; there are: ${[...bases.keys()].join(', ')}`
  )
}

function changesOf(change: unknown): readonly (readonly [readonly string[], unknown])[] | string {
  if (change === undefined) return []
  if (!isObject(change)) return '`change` has to be a map of paths'
  const changes: [readonly string[], unknown][] = []
  for (const [path, value] of Object.entries(change)) {
    const keys = parseChangePath(path)
    if (keys === undefined)
      return `the path \`${path}\` cannot be read; put keys with dots in double quotes: annotations."a.b/c"`
    changes.push([keys, value])
  }
  return changes
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
