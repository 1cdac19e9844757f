import { describeResource } from '../describe-box.ts'
import { everyRequest, narrow, type RequestBox } from '../request-box.ts'
import { exactly } from '../text-set.ts'
import { rulesDeciding } from './deciding.ts'
import type { CheckedPolicy, Finding } from './finding.ts'

/** What gives a shell, a connection or another's API. */
export const sessionRequests: readonly RequestBox[] = [
  ...['exec', 'attach', 'portforward', 'proxy'].map((subresource) => ofCore('pods', subresource)),
  ofCore('services', 'proxy'),
  ofCore('nodes', 'proxy'),
]

function ofCore(resource: string, subresource: string): RequestBox {
  const inCore = narrow(everyRequest(true, true), 'apiGroup', exactly(''))
  return narrow(narrow(inCore, 'resource', exactly(resource)), 'subresource', exactly(subresource))
}

/** Where sessions and proxied requests are not recorded. */
export function findDroppedSessions({ policy }: CheckedPolicy): readonly Finding[] {
  return rulesDeciding(policy, sessionRequests).flatMap(({ index, level, about }) => {
    if (level !== 'None') return []
    const what = about.map(({ traits }) => describeResource(traits)).join(', ')
    return [
      {
        code: 'policy.sessionsDropped' as const,
        field: index === null ? 'rules' : `rules[${index}].level`,
        message:
          index === null
            ? `no rule records ${what}; add a rule with level Metadata for them`
            : `drops ${what}; put a rule with level Metadata for them before it`,
      },
    ]
  })
}
