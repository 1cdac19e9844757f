import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Level, Problem, Rule } from '../contracts.ts'
import { baselineProblems } from '../detect/baseline/problems.ts'
import { correlationProblems } from '../detect/correlate/problems.ts'
import { episodeProblems } from '../detect/episode/settings.ts'
import { mapRule } from '../detect/mapping.ts'
import { parseMapping } from '../detect/mapping-file.ts'
import { KubewitnessError, messageOf } from '../errors.ts'
import { parseRules } from '../sigma/parse.ts'
import type { Placeholders } from '../sigma/placeholders.ts'
import { visibleText } from '../util/visible-text.ts'
import { filesOfFolder } from './folder-files.ts'

export interface RuleFile {
  readonly path: string
  readonly text: string
}

/** The rules that come with the product. */
export const builtinRulesFolder = fileURLToPath(new URL('../../detections', import.meta.url))

export interface RuleSelection {
  readonly builtin: boolean
  readonly paths: readonly string[]
  readonly minimumLevel: Level
  readonly placeholders: Placeholders
}

/** All rule files of the selection; a folder is searched whole. Throws `rules.unreadable`. */
export function readRuleFiles({
  builtin,
  paths,
}: Pick<RuleSelection, 'builtin' | 'paths'>): RuleFile[] {
  return [...(builtin ? [builtinRulesFolder] : []), ...paths]
    .flatMap((path) => filesBelow(path, isRuleFile))
    .map((path) => readRuleFile(path))
}

/** The paths of the files below a folder that `accept` takes, sorted; a path that is a file is itself. */
export function filesBelow(path: string, accept: (path: string) => boolean): string[] {
  if (!existsSync(path)) throw unreadable(path, 'there is no such file or folder')
  try {
    return statSync(path).isDirectory() ? filesOfFolder(path).filter(accept).sort() : [path]
  } catch (cause) {
    throw unreadable(path, messageOf(cause), { cause })
  }
}

const dataFiles =
  /(?:\.test\.ya?ml|[\\/](?:mapping|lists|noise|frameworks)\.ya?ml|[\\/]events[\\/][^\\/]+\.ya?ml)$/

function isRuleFile(path: string): boolean {
  return /\.ya?ml$/.test(path) && !dataFiles.test(path)
}

export function readRuleFile(path: string, namedBy = rulesNamedBy): RuleFile {
  try {
    return { path, text: readFileSync(path, 'utf8') }
  } catch (cause) {
    throw unreadable(path, messageOf(cause), { cause, namedBy })
  }
}

/** What names in rules mean: the file of the user, else the one that comes with the product. Throws `rules.unreadable`. */
export function readMappingFile(path = join(builtinRulesFolder, 'mapping.yml')): RuleFile {
  return readRuleFile(path, 'rules.mapping in the configuration, or --mapping')
}

/** Where people have written the path. */
const rulesNamedBy = 'rules.paths in the configuration, or the path on the command line'

function unreadable(
  path: string,
  why: string,
  { cause, namedBy = rulesNamedBy }: { readonly cause?: unknown; readonly namedBy?: string } = {},
): KubewitnessError {
  return new KubewitnessError('rules.unreadable', `cannot read rules from ${path}: ${why}`, {
    cause,
    next: `correct ${namedBy}`,
  })
}

/** What names in rules stand for: absent, the mapping that comes with the product, and no placeholders. */
export interface RuleNames {
  readonly mapping?: RuleFile
  /** The values behind `%name%` under `expand`. */
  readonly placeholders?: Placeholders
}

/** The rules of all files, with the names of other taxonomies replaced by those of events, and every problem. */
export function readRules(
  files: readonly RuleFile[],
  { mapping = readMappingFile(), placeholders = {} }: RuleNames = {},
  parse: typeof parseRules = parseRules,
): { readonly rules: readonly Rule[]; readonly problems: readonly Problem[] } {
  const { rules, problems } = parse(files, { placeholders })
  const named = parseMapping(mapping)
  return {
    rules: rules
      .filter((rule) => correlationProblems(rule).length === 0)
      .map((rule) => mapRule(rule, named.mapping)),
    problems: [
      ...problems,
      ...rules.flatMap((rule) => [
        ...episodeProblems(rule),
        ...correlationProblems(rule),
        ...baselineProblems(rule),
      ]),
      ...named.problems,
    ],
  }
}

/**
 * Parses all files. Throws `rules.invalid` with every error when there is any, in the mapping too; warnings come back.
 */
export function loadRules(
  files: readonly RuleFile[],
  names: RuleNames = {},
  parse: typeof parseRules = parseRules,
): {
  readonly rules: readonly Rule[]
  readonly warnings: readonly Problem[]
} {
  const { rules, problems } = readRules(files, names, parse)
  const errors = problems.filter((problem) => problem.severity === 'error')
  if (errors.length > 0) {
    const lines = errors.map(problemLine)
    throw new KubewitnessError(
      'rules.invalid',
      lines.length === 1
        ? `a rule has a problem: ${lines[0]}`
        : `rules have ${lines.length} problems:\n${lines.map((line) => `  ${line}\n`).join('')}`,
      { next: 'correct the file; `kubewitness rules lint PATH` checks it' },
    )
  }
  return { rules, warnings: problems.filter((problem) => problem.severity === 'warning') }
}

/** `rules/a.yml:3:5: error: sentence [code]`, as compilers print it, with nothing that a terminal would obey. */
export function problemLine({ path, line, column, severity, code, message }: Problem): string {
  return visibleText(`${path}:${line}:${column}: ${severity}: ${message} [${code}]`)
}
