import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Document, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { KubewitnessError, messageOf } from '../errors.ts'
import { type ConfigProblem, problemsOf } from './problems.ts'
import { type Config, configSchema } from './schema.ts'

export interface LoadedConfig {
  readonly config: Config
  /** The file it came from; undefined = defaults alone. */
  readonly file: string | undefined
}

/**
 * Reads the configuration: `file` if given, else `kubewitness.yml` in the working directory if there, else defaults.
 * Relative paths in it are taken from the folder of the file. Throws `config.unreadable` or `config.invalid`, the
 * latter with every problem on a line of its own.
 */
export function loadConfig(file: string | undefined, workingDirectory: string): LoadedConfig {
  const chosen = file ?? defaultFile(workingDirectory)
  if (chosen === undefined)
    return { config: parseConfig('', '(defaults)', workingDirectory), file: undefined }
  const path = resolve(workingDirectory, chosen)
  return { config: parseConfig(readConfig(path), path, dirname(path)), file: path }
}

function defaultFile(workingDirectory: string): string | undefined {
  const path = resolve(workingDirectory, 'kubewitness.yml')
  return existsSync(path) ? path : undefined
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new KubewitnessError(
      'config.unreadable',
      `cannot read the configuration ${path} (${messageOf(cause)})`,
      {
        cause,
        next: 'give an existing file with --config, or leave it out to use defaults',
      },
    )
  }
}

/** Parses configuration text; `folder` is what relative paths start from. Throws `config.invalid`. */
export function parseConfig(text: string, source: string, folder: string): Config {
  const what = { name: 'the configuration', explainedIn: 'docs/configuration.md lists every key' }
  return resolvePaths(parseYaml(text, source, configSchema, what, {}), folder)
}

/** What a file is, for people, and where they read on. */
export interface YamlFile {
  readonly name: string
  readonly explainedIn: string
}

/** Parses YAML of which `schema` knows the form; `empty` is what an empty text stands for. Throws `config.invalid` with every problem. */
export function parseYaml<Schema extends z.ZodType>(
  text: string,
  source: string,
  schema: Schema,
  what: YamlFile,
  empty: unknown = null,
): z.output<Schema> {
  const lines = new LineCounter()
  const { document, value } = readYaml(text, lines, (problems) => invalid(what, source, problems))
  const parsed = schema.safeParse(value ?? empty)
  if (!parsed.success)
    throw invalid(what, source, problemsOf(parsed.error, schema, { document, lines }))
  return parsed.data
}

/** The document, and what it holds with aliases expanded; `refusal` makes the error that is thrown where there is none. */
function readYaml(
  text: string,
  lineCounter: LineCounter,
  refusal: (problems: readonly ConfigProblem[]) => Error,
): { readonly document: Document; readonly value: unknown } {
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' })
    if (document.errors.length === 0) return { document, value: document.toJS() }
    throw refusal(
      document.errors.map(({ message, pos }) => ({
        path: '',
        line: Math.max(lineCounter.linePos(pos[0]).line, 1),
        message,
      })),
    )
  } catch (cause) {
    if (cause instanceof KubewitnessError) throw cause
    // Nesting beyond the stack, and aliases that expand to more than memory holds.
    throw refusal([{ path: '', message: `cannot be read as YAML: ${messageOf(cause)}` }])
  }
}

/** A slip in YAML can give a problem for every line behind it. */
const maxProblems = 50

function invalid(
  { name, explainedIn }: YamlFile,
  source: string,
  problems: readonly ConfigProblem[],
): KubewitnessError {
  const rows = problems
    .slice(0, maxProblems)
    .map(
      ({ path, line, message }) =>
        `  ${source}${line === undefined ? '' : `:${line}`}: ${path === '' ? '' : `${path}: `}${message}`,
    )
  if (problems.length > maxProblems) rows.push(`  and ${problems.length - maxProblems} more`)
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  return new KubewitnessError('config.invalid', `${name} has ${count}:\n${rows.join('\n')}\n`, {
    next: `correct the file; ${explainedIn}`,
  })
}

/** Besides all that end in `File`. */
const pathKeys = new Set(['dataDirectory', 'path', 'paths', 'mapping', 'file'])

/** Their keys are names that the user has chosen, and their texts no paths. */
const freeSections = new Set(['placeholders', 'labels', 'body'])

function isPathKey(key: string): boolean {
  return pathKeys.has(key) || key.endsWith('File')
}

/** Every path becomes absolute, so that nothing depends on the working directory later. */
function resolvePaths<T>(value: T, folder: string, key = ''): T {
  // The shape is kept: only strings under path keys change, and they stay strings.
  if (freeSections.has(key)) return value
  if (typeof value === 'string') return (isPathKey(key) ? resolve(folder, value) : value) as T
  if (Array.isArray(value))
    return value.map((item: unknown) => resolvePaths(item, folder, key)) as T
  if (typeof value === 'object' && value !== null) {
    // Names of headers are chosen, too, but a value may be a file.
    const keyOf = (name: string): string => (key === 'headers' ? '' : name)
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, resolvePaths(item, folder, keyOf(name))]),
    ) as T
  }
  return value
}
