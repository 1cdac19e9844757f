import { readFileSync } from 'node:fs'
import { problemLine } from '../../app/rule-files.ts'
import { loadAuditPolicy } from '../../audit/policy/load.ts'
import type { AuditPolicy } from '../../audit/policy/types.ts'
import { KubewitnessError, messageOf } from '../../errors.ts'
import { type CliContext, write } from '../context.ts'
import type { KubernetesVersionOptions } from './kubernetes-version.ts'

/**
 * The audit policy of a file, as an API server of the version would load it; what it would drop is said on standard error.
 * Throws `policy.invalid` with every problem, or `input.unreadable`.
 */
export async function readPolicyFile(
  path: string,
  { kubernetesVersion }: KubernetesVersionOptions,
  context: CliContext,
): Promise<AuditPolicy> {
  const { policy, problems } = loadAuditPolicy(readPolicyText(path), { path, kubernetesVersion })
  if (policy !== undefined) {
    for (const problem of problems) await write(context.stderr, `${problemLine(problem)}\n`)
    return policy
  }
  const rows = problems.map((problem) => `  ${problemLine(problem)}`)
  throw new KubewitnessError(
    'policy.invalid',
    `an API server of Kubernetes ${kubernetesVersion} would not start with this audit policy:\n${rows.join('\n')}\n`,
    { next: 'correct the file' },
  )
}

/** The text of an audit policy file. Throws `input.unreadable`. */
export function readPolicyText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new KubewitnessError('input.unreadable', `cannot read ${path}: ${messageOf(cause)}`, {
      cause,
      next: 'name a file with an audit policy',
    })
  }
}
