import { Readable, Writable } from 'node:stream'
import { runCommandLine } from '../../src/cli/table.ts'
import { systemClock } from '../../src/util/clock.ts'

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command line in this process, in a folder of its own. */
export async function runCommand(
  argv: readonly string[],
  options: { readonly folder?: string; readonly stdin?: string } = {},
): Promise<CommandResult> {
  const out: string[] = []
  const err: string[] = []
  const code = await runCommandLine(argv, {
    stdin: Readable.from([Buffer.from(options.stdin ?? '')]),
    stdout: collector(out),
    stderr: collector(err),
    isTerminal: false,
    workingDirectory: options.folder ?? process.cwd(),
    clock: systemClock,
    random: Math.random,
    fetch,
    stopping: new AbortController().signal,
    onHangup: () => undefined,
    outliveReader: () => undefined,
  })
  return { code, stdout: out.join(''), stderr: err.join('') }
}

function collector(into: string[]): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      into.push(chunk.toString('utf8'))
      done()
    },
  })
}
