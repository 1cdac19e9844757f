import { LineCounter } from 'yaml'
import type { Problem, SourceLocation } from '../contracts.ts'

/** Collects what is wrong with one file. Offsets count characters of its text from 0. */
export interface FileProblems {
  readonly path: string
  /** Feed of the YAML parser; places come from it. */
  readonly lineCounter: LineCounter
  locate(offset: number): SourceLocation
  error(offset: number, code: string, message: string): void
  warning(offset: number, code: string, message: string): void
  errorCount(): number
}

/** Problems of the file at `path` go to the end of `problems`. */
export function createFileProblems(path: string, problems: Problem[]): FileProblems {
  const lineCounter = new LineCounter()
  let errors = 0
  const locate = (offset: number): SourceLocation => {
    const { line, col } = lineCounter.linePos(offset)
    return { path, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  return {
    path,
    lineCounter,
    locate,
    error: (offset, code, message) => {
      errors += 1
      problems.push({ ...locate(offset), severity: 'error', code, message })
    },
    warning: (offset, code, message) => {
      problems.push({ ...locate(offset), severity: 'warning', code, message })
    },
    errorCount: () => errors,
  }
}
