import { type Document, isNode, type LineCounter } from 'yaml'
import { type core, z } from 'zod'
import { nearest } from '../util/nearest.ts'

/** One problem of a configuration: where, what, and what would be allowed. */
export interface ConfigProblem {
  /** `webhook.tls.mode`, or empty for the whole file. */
  readonly path: string
  /** 1-based, when the file has the place. */
  readonly line?: number
  readonly message: string
}

/** The file that was validated. */
export interface ConfigSource {
  readonly document: Document
  readonly lines: LineCounter
}

/** All issues of one validation as problems, each with the allowed values or keys, and its place in the file if there is one. */
export function problemsOf(
  error: z.ZodError,
  schema: z.ZodType,
  source?: ConfigSource,
): ConfigProblem[] {
  const json = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' })
  return error.issues
    .flatMap(flatten)
    .flatMap((issue) => describe(issue, json, source))
    .map(({ path, message }) => {
      const line = source && lineOf(path, source)
      return { path: pathText(path), message, ...(line === undefined ? {} : { line }) }
    })
}

type Path = readonly PropertyKey[]

/** A union's issues are those of its closest branch: the one with the fewest. */
function flatten(issue: core.$ZodIssue): core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue]
  const closest = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? []
  return closest.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }))
}

function describe(
  issue: core.$ZodIssue,
  json: unknown,
  source: ConfigSource | undefined,
): { path: Path; message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    const allowed = allowedKeys(json, issue.path, source)
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      message: unknownKeyMessage(key, allowed),
    }))
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return [{ path: issue.path, message: 'is missing' }]
  }
  if (issue.code === 'invalid_type') {
    const received = /received (\w+)$/.exec(issue.message)?.[1] ?? ''
    const is = received in typeWords ? `, and is ${typeWords[received]}` : ''
    return [
      { path: issue.path, message: `must be ${typeWords[issue.expected] ?? issue.expected}${is}` },
    ]
  }
  if (issue.code === 'invalid_value') {
    return [{ path: issue.path, message: `must be one of: ${issue.values.map(String).join(', ')}` }]
  }
  if (issue.code === 'invalid_union') {
    return [{ path: issue.path, message: unionMessage(issue, json) }]
  }
  return [{ path: issue.path, message: issue.message }]
}

/** What people call what YAML may have, by the words of zod. */
const typeWords: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  null: 'empty',
  number: 'a number',
  object: 'a section with keys',
  record: 'a section with keys',
  string: 'a text',
}

function unionMessage(issue: core.$ZodIssueInvalidUnion, json: unknown): string {
  const discriminator = 'discriminator' in issue ? issue.discriminator : undefined
  if (typeof discriminator !== 'string') return issue.message
  const parent = issue.path.at(-1) === discriminator ? issue.path.slice(0, -1) : issue.path
  const values = schemasAt(json, parent)
    .map((schema) => child(child(schema, 'properties'), discriminator))
    .flatMap((schema) => [child(schema, 'const'), ...list(child(schema, 'enum'))])
    .filter((value) => typeof value === 'string')
  return `${discriminator} must be one of: ${[...new Set(values)].join(', ')}`
}

function unknownKeyMessage(key: string, allowed: readonly string[]): string {
  if (allowed.length === 0) return 'unknown key'
  const meant = nearest(key, allowed)
  const advice = meant === undefined ? '' : ` did you mean ${meant}?`
  return `unknown key;${advice} allowed here: ${allowed.join(', ')}`
}

function allowedKeys(json: unknown, path: Path, source: ConfigSource | undefined): string[] {
  const keys = schemasAt(json, path)
    .filter((schema) => source === undefined || fits(schema, path, source.document))
    .flatMap((schema) => Object.keys(child(schema, 'properties') ?? {}))
  return [...new Set(keys)]
}

/** Whether a schema can be of what stands there: texts that it fixes, such as `type: slack`, are those of the file, or may be left out. */
function fits(schema: unknown, path: Path, document: Document): boolean {
  return Object.entries(child(schema, 'properties') ?? {}).every(([key, property]) => {
    const fixed: unknown = child(property, 'const')
    const given = document.getIn([...path, key]) ?? child(property, 'default')
    return fixed === undefined || fixed === given
  })
}

/** The JSON schemas that may describe the place: unions give several. */
function schemasAt(json: unknown, path: Path): unknown[] {
  let found = alternatives(json)
  for (const step of path) {
    found = found
      .map((schema) =>
        typeof step === 'number'
          ? child(schema, 'items')
          : child(child(schema, 'properties'), String(step)),
      )
      .flatMap(alternatives)
  }
  return found
}

function alternatives(schema: unknown): unknown[] {
  if (schema === undefined) return []
  const nested = [
    ...list(child(schema, 'anyOf')),
    ...list(child(schema, 'oneOf')),
    ...list(child(schema, 'allOf')),
  ]
  return nested.length === 0 ? [schema] : nested.flatMap(alternatives)
}

function child(value: unknown, key: string): object | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  // A JSON schema is plain data; the key was just seen.
  return (value as Record<string, object>)[key]
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function lineOf(path: Path, { document, lines }: ConfigSource): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range != null) return lines.linePos(node.range[0]).line
  }
  return undefined
}

function pathText(path: Path): string {
  return path
    .map((step, i) =>
      typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${String(step)}`,
    )
    .join('')
}
