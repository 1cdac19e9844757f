import { secretBearing } from '../api-groups.ts'
import { describeResource } from '../describe-box.ts'
import { everyRequest, narrow, type RequestBox } from '../request-box.ts'
import { exactly } from '../text-set.ts'
import { rulesDeciding } from './deciding.ts'
import type { CheckedPolicy, Finding } from './finding.ts'

/** Requests whose bodies hold live credentials; where any subresource does, there is none. */
export const secretRequests: readonly RequestBox[] = secretBearing.map(
  ([group, resource, subresource]) => {
    const inGroup = narrow(everyRequest(true, true), 'apiGroup', exactly(group))
    const ofIt = narrow(inGroup, 'resource', exactly(resource))
    return narrow(ofIt, 'subresource', exactly(subresource === '*' ? '' : subresource))
  },
)

/** Rules that record bodies of secret-bearing resources. */
export function findSecretBodies({ policy }: CheckedPolicy): readonly Finding[] {
  return rulesDeciding(policy, secretRequests).flatMap(({ index, level, about }) => {
    if (level === 'None' || level === 'Metadata') return []
    const what = about.map(({ traits }) => describeResource(traits)).join(', ')
    return [
      {
        code: 'policy.secretBodies' as const,
        field: `rules[${index}].level`,
        message: `${level} writes credentials to the log: bodies of ${what}; put a rule with level Metadata for them before it`,
      },
    ]
  })
}
