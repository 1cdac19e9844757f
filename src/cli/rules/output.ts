import { Option } from 'commander'
import { problemLine } from '../../app/rule-files.ts'
import type { Problem } from '../../contracts.ts'
import { type CliContext, type OutputFormat, outputFormats, write } from '../context.ts'

export interface OutputOptions {
  readonly output: OutputFormat
}

/** `--output`, as every command about rules takes it. */
export function outputOption(fallback: OutputFormat = 'table'): Option {
  return new Option('--output <format>', 'table, or one JSON object a line')
    .choices(outputFormats)
    .default(fallback)
}

/** Each problem as one line: for people as compilers print it, for programs as JSON. */
export async function writeProblems(
  problems: readonly Problem[],
  format: OutputFormat,
  context: CliContext,
): Promise<void> {
  for (const problem of problems) {
    const { path: file, line, column, severity, code, message } = problem
    const json = JSON.stringify({ file, line, column, severity, code, message })
    await write(context.stdout, `${format === 'json' ? json : problemLine(problem)}\n`)
  }
}
