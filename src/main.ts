#!/usr/bin/env node
import process from 'node:process'
import { runCommandLine } from './cli/table.ts'
import { systemClock } from './util/clock.ts'

// The edge of the process: arguments, signals, streams and the exit code. A second signal ends it at once.
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(3)
    stopping.abort()
  })
}
let endsWithReader = true
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' && endsWithReader) process.exit(0)
})

process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stderr.isTTY === true,
  workingDirectory: process.cwd(),
  clock: systemClock,
  random: Math.random,
  fetch,
  stopping: stopping.signal,
  onHangup: (listener) => void process.on('SIGHUP', listener),
  outliveReader: () => {
    endsWithReader = false
  },
})

/** For what is still to be written out. */
const closingMs = 1000
// Whatever did not stop in time, a connection to brokers that are away or a thread, does not keep the process.
if (stopping.signal.aborted) setTimeout(() => process.exit(), closingMs).unref()
