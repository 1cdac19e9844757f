import { pino } from 'pino'
import type { Logger } from '../contracts.ts'

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug'

/** JSON lines on standard error (results own standard output). */
export function createLogger(level: LogLevel): Logger {
  const sink = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
  return {
    error: (message, fields = {}) => sink.error(fields, message),
    warn: (message, fields = {}) => sink.warn(fields, message),
    info: (message, fields = {}) => sink.info(fields, message),
    debug: (message, fields = {}) => sink.debug(fields, message),
  }
}

/** Says nothing. */
export const silentLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
}
