import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml'
import type { Problem } from '../contracts.ts'
import { applyChanges, parseChangePath } from './change.ts'
import { textOfValue } from './printable.ts'
import { readSequence, timed } from './sequence.ts'

/** One case of a test file, its events complete. */
export interface RuleCase {
  readonly name: string
  readonly event: RawEvent
  /** What happened before, in this order. */
  readonly before: readonly RawEvent[]
  readonly isMatchExpected: boolean
}

type RawEvent = Readonly<Record<string, unknown>>

export interface TestFile {
  readonly path: string
  readonly text: string
}

interface Reader {
  readonly bases: ReadonlyMap<string, object>
  report(offset: number, code: string, message: string): void
}

/** What a case may have. */
export const caseKeys = [
  'name',
  'before',
  'after',
  'base',
  'event',
  'change',
  'each',
  'expect',
] as const

/**
 * Reads a `*.test.yml` (YAML 1.2, as JSON is):
 *
 *     cases:
 *       - name: a sentence
 *         base: pod-exec           # an event of the table of base events, or `event: {…}` in full
 *         change:                  # path: value; null removes; quotes around keys with dots
 *           verb: get
 *           annotations."authorization.k8s.io/decision": forbid
 *         each:                    # one path: this is a case for every value of the list
 *           objectRef.name: [a, b]
 *         before:                  # earlier events, for rules that remember or count (`sequence.ts`)
 *           - { base: pod-exec, repeat: 3 }
 *         after: 10m               # behind the last of them; 1s if not said
 *         expect: match            # or none: whether it matches this event
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
    if (isMap(item)) return readCase(item, { bases, report })
    const offset = isNode(item) ? (item.range?.[0] ?? 0) : 0
    report(offset, 'test.case', 'a case has to be a map')
    return []
  })
  return { cases, problems }
}

function readCase(map: YAMLMap, { bases, report }: Reader): readonly RuleCase[] {
  const offset = map.range?.[0] ?? 0
  const reading = { isWhole: true }
  const refuse = (code: string, message: string, at = offset): void => {
    reading.isWhole = false
    report(at, code, message)
  }
  for (const { key } of map.items) {
    const name = isScalar(key) ? String(key.value) : ''
    if (!caseKeys.some((known) => known === name))
      refuse(
        'test.key',
        `a case has no \`${name}\`; it has ${caseKeys.join(', ')}`,
        isScalar(key) ? key.range?.[0] : offset,
      )
  }
  const { name, before, after, base, event, change, each, expect } = map.toJSON() as Readonly<
    Record<string, unknown>
  >
  if (typeof name !== 'string' || name === '')
    refuse('test.name', 'a case needs a `name`, a sentence about what it shows')
  if (expect !== 'match' && expect !== 'none')
    refuse('test.expect', '`expect` has to be match or none')
  const start = startOf(base, event, bases)
  if (typeof start === 'string') refuse('test.base', start)
  const changes = changesOf(change)
  if (typeof changes === 'string') refuse('test.change', changes)
  const variants = variantsOf(each)
  if (typeof variants === 'string') refuse('test.each', variants)
  const sequence = readSequence({ before, after }, (step) => eventsOfStep(step, bases))
  if (typeof sequence === 'string') refuse('test.before', sequence)
  if (
    !reading.isWhole ||
    typeof sequence === 'string' ||
    typeof start === 'string' ||
    typeof changes === 'string' ||
    typeof variants === 'string'
  )
    return []
  return variants.flatMap(({ suffix, changes: further }) => {
    const changed = applyChanges(start, [...changes, ...further])
    if (typeof changed !== 'string') {
      const events = timed(sequence, changed)
      return [{ name: String(name) + suffix, ...events, isMatchExpected: expect === 'match' }]
    }
    refuse('test.change', changed)
    return []
  })
}

/** The events of one step of `before`, or what is wrong. */
function eventsOfStep(
  { base, event, change, each }: Readonly<Record<string, unknown>>,
  bases: ReadonlyMap<string, object>,
): readonly RawEvent[] | string {
  const start = startOf(base, event, bases)
  const changes = changesOf(change)
  const variants = variantsOf(each)
  for (const read of [start, changes, variants]) if (typeof read === 'string') return read
  // None of them is a text.
  const events = (variants as readonly Variant[]).map((variant) =>
    applyChanges(start as object, [...(changes as readonly Change[]), ...variant.changes]),
  )
  const wrong = events.find((changed) => typeof changed === 'string')
  return wrong ?? events.filter((changed) => typeof changed !== 'string')
}

/** What `each` adds to the name and the changes of a case, once for every value; without it, nothing once. */
interface Variant {
  readonly suffix: string
  readonly changes: readonly Change[]
}

function variantsOf(each: unknown): readonly Variant[] | string {
  if (each === undefined) return [{ suffix: '', changes: [] }]
  const [only, ...others] = isObject(each) ? Object.entries(each) : []
  if (only === undefined || others.length > 0) return '`each` has to be a map of one path'
  const [path, values]: [string, unknown] = only
  if (!Array.isArray(values) || values.length === 0)
    return '`each` needs a list of values behind its path'
  const variants: Variant[] = []
  for (const value of values) {
    const changes = changesOf({ [path]: value })
    if (typeof changes === 'string') return changes
    variants.push({ suffix: `: ${textOfValue(value)}`, changes })
  }
  return variants
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

type Change = readonly [readonly string[], unknown]

function changesOf(change: unknown): readonly Change[] | string {
  if (change === undefined) return []
  if (!isObject(change)) return '`change` has to be a map of paths'
  const changes: Change[] = []
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
