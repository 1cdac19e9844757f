import { Command, CommanderError } from 'commander'
import { KubewitnessError, messageOf } from '../errors.ts'
import { visibleLines } from '../util/visible-text.ts'
import { type CliContext, type ExitCode, exitCodes, write } from './context.ts'

type AddCommand = (program: Command, context: CliContext, finish: (code: ExitCode) => void) => void

/** Every command there is: one file and one line each. Only that of the command line is loaded: the service has libraries of which a scan needs none. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand,
  scan: async () => (await import('./scan.ts')).scanCommand,
  replay: async () => (await import('./replay.ts')).replayCommand,
  rules: async () => (await import('./rules/table.ts')).rulesCommand,
  policy: async () => (await import('./policy/table.ts')).policyCommand,
  roles: async () => (await import('./roles/table.ts')).rolesCommand,
  sinks: async () => (await import('./sinks/table.ts')).sinksCommand,
  log: async () => (await import('./log.ts')).logCommand,
  version: async () => (await import('./version.ts')).versionCommand,
}

/** The one that is named first; for help and for what is none, all of them. */
async function commandsFor([name = '']: readonly string[]): Promise<readonly AddCommand[]> {
  const named = Object.hasOwn(commands, name) ? commands[name] : undefined
  return Promise.all(
    (named === undefined ? Object.values(commands) : [named]).map((load) => load()),
  )
}

const usageErrors = new Set([
  'usage.invalid',
  'config.invalid',
  'config.unreadable',
  'config.secret',
  'rules.invalid',
  'policy.invalid',
  'rbac.invalid',
  'rules.unreadable',
  'requests.invalid',
  'listen.inUse',
  'listen.refused',
  'tls.invalid',
])

/** Runs one command line (without the program's name) and gives the exit code. What went wrong is one line on standard error. */
export async function runCommandLine(
  argv: readonly string[],
  context: CliContext,
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done
  const program = new Command('kubewitness')
    .description('Receives Kubernetes audit events, runs Sigma rules, delivers alerts.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    })
  for (const addCommand of await commandsFor(argv))
    addCommand(program, context, (result) => {
      code = result
    })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    await write(context.stderr, `kubewitness: ${visibleLines(messageOf(error))}\n`)
    return error instanceof KubewitnessError && usageErrors.has(error.code)
      ? exitCodes.usage
      : exitCodes.failed
  }
}
