import { Option } from 'commander'
import { stringify } from 'yaml'
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

/** Writes one result for programs. */
export function writeRecord(
  format: Exclude<OutputFormat, 'table'>,
  record: object,
  context: CliContext,
): Promise<void> {
  return write(context.stdout, format === 'json' ? `${JSON.stringify(record)}\n` : yamlOf(record))
}

/** Strings always between quotes, so that a reader of YAML 1.1 too takes `yes` and times for strings. */
function yamlOf(record: object): string {
  const text = stringify(record, {
    aliasDuplicateObjects: false,
    compat: 'yaml-1.1',
    defaultKeyType: 'PLAIN',
    defaultStringType: 'QUOTE_DOUBLE',
    lineWidth: 0,
  })
  return `---\n${text.replaceAll(lineBreaksOfYaml11, escaped)}`
}

/** What YAML 1.2 takes as it is, but 1.1 for a line break or for no character, and terminals for a command. */
const lineBreaksOfYaml11 = /[\u007f-\u009f\u2028\u2029\ufeff]/g

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
