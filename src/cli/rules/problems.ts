import { problemLine } from '../../app/rule-files.ts'
import type { Problem } from '../../contracts.ts'
import { type CliContext, write } from '../context.ts'
import { type OutputFormat, writeRecord } from '../output.ts'

/** Each problem: for people on a line as compilers print it, for programs as an object. */
export async function writeProblems(
  problems: readonly Problem[],
  format: OutputFormat,
  context: CliContext,
): Promise<void> {
  for (const problem of problems) {
    const { path: file, line, column, severity, code, message } = problem
    if (format === 'table') await write(context.stdout, `${problemLine(problem)}\n`)
    else await writeRecord(format, { file, line, column, severity, code, message }, context)
  }
}
