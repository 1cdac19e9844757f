import { inspect } from 'node:util'
import type { Logger } from '../../src/contracts.ts'

/** A logger that remembers. */
export interface RecordingLogger extends Logger {
  readonly lines: string[]
}

export function createRecordingLogger(): RecordingLogger {
  const lines: string[] = []
  const log = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
    void lines.push(`${level} ${message} ${inspect(fields, { depth: 10 })}`)
  return { lines, error: log('error'), warn: log('warn'), info: log('info'), debug: log('debug') }
}
