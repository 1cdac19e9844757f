import type { Command } from 'commander'
import { requestOfAccessReview } from '../../audit/policy/request.ts'
import { createAuthorizer } from '../../rbac/authorize.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { readRequests } from '../requests.ts'
import { tableText } from '../table-text.ts'
import { addRbacOption, readRbac } from './read-rbac.ts'

interface EvaluateOptions extends OutputOptions {
  readonly rbac: readonly string[]
  readonly requests: string
}

/** `kubewitness roles evaluate`: whether each request would be allowed by these manifests, and why. */
export function evaluateCommand(
  roles: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  const command = roles
    .command('evaluate')
    .description('tell whether RBAC manifests allow each request, and by which binding')
  addRbacOption(command)
    .requiredOption(
      '--requests <file>',
      'the spec of a SubjectAccessReview on each line; - is standard input',
    )
    .addOption(outputOption('json'))
    .action(async (options: EvaluateOptions) => finish(await evaluate(options, context)))
}

async function evaluate(options: EvaluateOptions, context: CliContext): Promise<ExitCode> {
  const authorizer = createAuthorizer(await readRbac(options.rbac, context))
  const rows: string[][] = []
  for await (const { line, spec } of readRequests(options.requests, context)) {
    const user = { name: spec.user ?? '', groups: spec.groups ?? [] }
    const { allowed, reason } = authorizer.authorize(user, requestOfAccessReview(spec))
    if (options.output === 'table')
      rows.push([String(line), allowed ? 'allowed' : 'denied', reason])
    else await writeRecord(options.output, { allowed, reason }, context)
  }
  if (options.output === 'table')
    await write(context.stdout, tableText(['LINE', 'DECISION', 'REASON'], rows))
  return exitCodes.done
}
