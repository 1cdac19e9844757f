import type { Clock } from '../contracts.ts'

/** What a command may touch of the process; passed in by main, so that commands run in tests. */
export interface CliContext {
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Progress is shown only to people. */
  readonly isTerminal: boolean
  readonly workingDirectory: string
  readonly clock: Clock
  readonly random: () => number
  readonly fetch: typeof fetch
  /** Aborts at SIGINT or SIGTERM. */
  readonly stopping: AbortSignal
  /** Calls back at SIGHUP. */
  readonly onHangup: (listener: () => void) => void
  /** From now on the process goes on when nobody reads its output any more; others are done then. */
  readonly outliveReader: () => void
}

/** done · found what it was asked to look for · wrong usage or configuration · could not finish */
export const exitCodes = { done: 0, found: 1, usage: 2, failed: 3 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Writes and waits while the reader is slow; not for one who has gone. */
export function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (stream.write(text) || !stream.writable) return Promise.resolve()
  return new Promise((resolve) => {
    const onReady = (): void => {
      stream.off('drain', onReady).off('close', onReady)
      resolve()
    }
    stream.on('drain', onReady).on('close', onReady)
  })
}
