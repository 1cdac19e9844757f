import type { Command } from 'commander'
import { problemLine } from '../../app/rule-files.ts'
import type { AuditPolicyProblem } from '../../audit/policy/problems.ts'
import { checkAuditPolicy } from '../../policy/check/check.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { type KubernetesVersionOptions, kubernetesVersionOption } from './kubernetes-version.ts'
import { readPolicyText } from './read.ts'

interface CheckOptions extends OutputOptions, KubernetesVersionOptions {}

/** `kubewitness policy check`: what keeps the API server from starting, and what surely is not meant. */
export function checkCommand(
  policy: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  policy
    .command('check')
    .description(
      'find what an API server would refuse in an audit policy, and what surely is not meant',
    )
    .argument('<file>', 'the audit policy')
    .addOption(kubernetesVersionOption())
    .addOption(outputOption())
    .action(async (path: string, { kubernetesVersion, output }: CheckOptions) => {
      const problems = checkAuditPolicy(readPolicyText(path), { path, kubernetesVersion })
      for (const problem of problems)
        await (output === 'table'
          ? write(context.stdout, `${problemLine(problem)}\n`)
          : writeRecord(output, recordOf(problem), context))
      if (output === 'table' && problems.length === 0) await write(context.stdout, 'No problems.\n')
      finish(problems.length > 0 ? exitCodes.found : exitCodes.done)
    })
}

function recordOf({ severity, code, field, line, column, message }: AuditPolicyProblem): object {
  return { severity, code, path: field, line, column, message }
}
