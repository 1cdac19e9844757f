import { Option } from 'commander'
import { stringify } from 'yaml'
import { visibleLines, visibleText } from '../util/visible-text.ts'
import { type CliContext, write } from './context.ts'

/** How results are written: for people as tables, for programs as lines of JSON or as YAML documents. */
const outputFormats = ['table', 'json', 'yaml'] as const
export type OutputFormat = (typeof outputFormats)[number]

export interface OutputOptions {
  readonly output: OutputFormat
}

/** `--output`, as every command takes it. */
export function outputOption(fallback: OutputFormat = 'table'): Option {
  return new Option(
    '--output <format>',
    'table, json (one object a line), or yaml (one document each)',
  )
    .choices(outputFormats)
    .default(fallback)
}

/** Writes one result for programs; what a terminal would obey is escaped. */
export function writeRecord(
  format: Exclude<OutputFormat, 'table'>,
  record: object,
  context: CliContext,
): Promise<void> {
  return write(
    context.stdout,
    format === 'json' ? `${visibleText(JSON.stringify(record))}\n` : yamlOf(record),
  )
}

/**
 * Strings always between quotes, so that a reader of YAML 1.1 too takes `yes` and times for strings, and what it takes for a
 * line break or for no character is escaped.
 */
function yamlOf(record: object): string {
  const text = stringify(record, {
    aliasDuplicateObjects: false,
    compat: 'yaml-1.1',
    defaultKeyType: 'PLAIN',
    defaultStringType: 'QUOTE_DOUBLE',
    lineWidth: 0,
  })
  return `---\n${visibleLines(text)}`
}
