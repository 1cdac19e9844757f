import { readFileSync } from 'node:fs'
import { problemLine } from '../../app/rule-files.ts'
import { KubewitnessError, messageOf } from '../../errors.ts'
import type { AuditPolicyShape } from '../../policy/policy-boxes.ts'
import { readAuditPolicy } from '../../policy/read-policy.ts'

/** The audit policy of a file. Throws `policy.invalid` with every problem, or `input.unreadable`. */
export function readPolicyFile(path: string): AuditPolicyShape {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new KubewitnessError('input.unreadable', `cannot read ${path}: ${messageOf(cause)}`, {
      cause,
      next: 'name a file with an audit policy',
    })
  }
  const result = readAuditPolicy({ path, text })
  if ('policy' in result) return result.policy
  const rows = result.problems.map((problem) => `  ${problemLine(problem)}`)
  throw new KubewitnessError(
    'policy.invalid',
    `an audit policy has problems:\n${rows.join('\n')}\n`,
    {
      next: 'correct the file; the API server would refuse it, too',
    },
  )
}
