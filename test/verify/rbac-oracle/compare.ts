import { parseAccessReview } from '../../../src/audit/access-review.ts'
import { requestOfAccessReview } from '../../../src/audit/policy/request.ts'
import { createAuthorizer } from '../../../src/rbac/authorize.ts'
import { loadRbac } from '../../../src/rbac/load.ts'
import { nameOfObject, type RbacObjects } from '../../../src/rbac/objects.ts'
import { refusals } from '../../../src/rbac/refusals.ts'
import type { RbacCase } from './generate.ts'

/** What the code of Kubernetes says: the manifests cannot be decoded, or a decision for each request. */
export type OracleAnswer =
  | { readonly error: string }
  | {
      readonly decisions: readonly { readonly allowed: boolean; readonly reason: string }[]
      /** By object, the fields that validation refuses. */
      readonly refused?: Readonly<Record<string, readonly string[]>>
    }

/** How our answer differs from that of Kubernetes; undefined = it does not. */
export function differenceOf(
  { manifests, requests }: RbacCase,
  answer: OracleAnswer,
): string | undefined {
  const { objects, problems } = loadRbac([{ path: 'case.yaml', text: manifests }])
  const error = problems.find(({ severity }) => severity === 'error')
  if ('error' in answer) return error ? undefined : `loads, but not there: ${answer.error}`
  if (error !== undefined) return `loads there, but: ${error.line}:${error.column} ${error.message}`
  const [refused, theirs] = [refusedOf(objects), withoutOthers(answer.refused ?? {})]
  if (JSON.stringify(refused) !== JSON.stringify(theirs))
    return `refused ${JSON.stringify(refused)}, there ${JSON.stringify(theirs)}`
  const authorizer = createAuthorizer(objects)
  for (const [index, request] of requests.entries()) {
    const parsed = parseAccessReview(request)
    if ('wrong' in parsed) return `request ${index}: ${parsed.wrong}`
    const user = { name: parsed.spec.user ?? '', groups: parsed.spec.groups ?? [] }
    const { allowed, reason } = authorizer.authorize(user, requestOfAccessReview(parsed.spec))
    const [ours, expected] = [{ allowed, reason }, answer.decisions[index]]
    if (JSON.stringify(ours) !== JSON.stringify(expected))
      return `request ${index} ${JSON.stringify(request)}: ${JSON.stringify(ours)}, there ${JSON.stringify(expected)}`
  }
  return undefined
}

function refusedOf(objects: RbacObjects): Record<string, readonly string[]> {
  return sorted(
    Object.values(objects)
      .flat()
      .map((object) => [
        nameOfObject(object),
        [...new Set(refusals(object).map(({ field }) => field))],
      ]),
  )
}

/** We do not look at labels, nor into selectors: nothing there decides who may do what. */
function withoutOthers(
  refused: Readonly<Record<string, readonly string[]>>,
): Record<string, readonly string[]> {
  return sorted(
    Object.entries(refused).map(([name, fields]) => [
      name,
      fields.filter(
        (field) => !/^metadata\.(?:labels|annotations|uid)|clusterRoleSelectors\[/.test(field),
      ),
    ]),
  )
}

function sorted(
  entries: readonly (readonly [string, readonly string[]])[],
): Record<string, readonly string[]> {
  return Object.fromEntries(
    entries
      .filter(([, fields]) => fields.length > 0)
      .map(([name, fields]) => [name, fields.toSorted()] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}
