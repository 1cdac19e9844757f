import { evaluateAuditPolicy } from '../../../src/audit/policy/evaluate.ts'
import { loadAuditPolicy } from '../../../src/audit/policy/load.ts'
import { requestOfAccessReview } from '../../../src/audit/policy/request.ts'
import { auditStages } from '../../../src/audit/policy/types.ts'
import type { PolicyCase } from './generate.ts'

/** What the API server's code says: it does not load, or a decision for each request. */
export type OracleAnswer =
  | { readonly error: string }
  | {
      readonly decisions: readonly {
        readonly level: string
        readonly omitStages: readonly string[]
        readonly omitManagedFields: boolean
      }[]
    }

/** How our answer differs from the API server's; undefined = it does not. */
export function differenceOf(
  { policy: text, requests }: PolicyCase,
  answer: OracleAnswer,
  kubernetesVersion: string,
): string | undefined {
  const { policy, problems } = loadAuditPolicy(text, { path: 'case.yaml', kubernetesVersion })
  if ('error' in answer)
    return policy === undefined ? undefined : `loads, but not there: ${answer.error}`
  if (policy === undefined)
    return `loads there, but: ${problems.find(({ severity }) => severity === 'error')?.message}`
  for (const [index, request] of requests.entries()) {
    const { level, omitStages, omitManagedFields } = evaluateAuditPolicy(
      policy,
      requestOfAccessReview(request),
    )
    const theirs = answer.decisions[index]
    const expected = JSON.stringify({
      level: theirs?.level,
      omitStages: auditStages.filter((stage) => theirs?.omitStages.includes(stage)),
      omitManagedFields: theirs?.omitManagedFields,
    })
    const ours = JSON.stringify({ level, omitStages, omitManagedFields })
    if (ours !== expected) return `request ${index}: ${ours}, there ${expected}`
  }
  return undefined
}
