import type { Command } from 'commander'
import { evaluateAuditPolicy } from '../../audit/policy/evaluate.ts'
import { requestOfAccessReview } from '../../audit/policy/request.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { readRequests } from '../requests.ts'
import { tableText } from '../table-text.ts'
import { type KubernetesVersionOptions, kubernetesVersionOption } from './kubernetes-version.ts'
import { readPolicyFile } from './read.ts'

interface EvaluateOptions extends OutputOptions, KubernetesVersionOptions {
  readonly policy: string
  readonly requests: string
}

/** `kubewitness policy evaluate`: what the API server records of each request. */
export function evaluateCommand(
  policy: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  policy
    .command('evaluate')
    .description('tell at which audit level and without which stages each request is recorded')
    .requiredOption('--policy <file>', 'an audit policy (audit.k8s.io/v1)')
    .requiredOption(
      '--requests <file>',
      'the spec of a SubjectAccessReview on each line; - is standard input; without user = authentication failed',
    )
    .addOption(kubernetesVersionOption())
    .addOption(outputOption('json'))
    .action(async (options: EvaluateOptions) => finish(await evaluate(options, context)))
}

async function evaluate(options: EvaluateOptions, context: CliContext): Promise<ExitCode> {
  const policy = await readPolicyFile(options.policy, options, context)
  const rows: string[][] = []
  for await (const { line, spec } of readRequests(options.requests, context)) {
    const decision = evaluateAuditPolicy(policy, requestOfAccessReview(spec))
    if (options.output !== 'table') {
      await writeRecord(options.output, decision, context)
      continue
    }
    const { level, omitStages, omitManagedFields, rule } = decision
    rows.push([
      String(line),
      level,
      omitStages.join(' '),
      omitManagedFields ? 'omitted' : 'kept',
      rule === null ? 'no rule' : `rules[${rule}]`,
    ])
  }
  if (options.output === 'table')
    await write(
      context.stdout,
      tableText(['LINE', 'LEVEL', 'OMITTED STAGES', 'MANAGED FIELDS', 'RULE'], rows),
    )
  return exitCodes.done
}
