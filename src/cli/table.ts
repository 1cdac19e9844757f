import { Command, CommanderError } from 'commander'
import { KubewitnessError, messageOf } from '../errors.ts'
import { type CliContext, type ExitCode, exitCodes, write } from './context.ts'
import { logCommand } from './log.ts'
import { policyCommand } from './policy/table.ts'
import { replayCommand } from './replay.ts'
import { rolesCommand } from './roles/table.ts'
import { rulesCommand } from './rules/table.ts'
import { scanCommand } from './scan.ts'
import { serveCommand } from './serve.ts'
import { sinksCommand } from './sinks/table.ts'
import { versionCommand } from './version.ts'

/** Every command there is: one file and one line each. */
const commands = [
  serveCommand,
  scanCommand,
  replayCommand,
  rulesCommand,
  policyCommand,
  rolesCommand,
  sinksCommand,
  logCommand,
  versionCommand,
]

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
  for (const command of commands)
    command(program, context, (result) => {
      code = result
    })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    await write(context.stderr, `kubewitness: ${messageOf(error)}\n`)
    return error instanceof KubewitnessError && usageErrors.has(error.code)
      ? exitCodes.usage
      : exitCodes.failed
  }
}
