import { evaluateAuditPolicy } from '../../audit/policy/evaluate.ts'
import type { AuditRequest } from '../../audit/policy/types.ts'
import { everyRequest } from '../request-box.ts'
import { rulesDeciding } from './deciding.ts'
import type { CheckedPolicy, Finding } from './finding.ts'

/** Requests that fail to authenticate meet no rule above None. */
export function findNoFailedLogins({ policy }: CheckedPolicy): readonly Finding[] {
  const kinds = [true, false].flatMap((isResource) => {
    const deciding = rulesDeciding(policy, [everyRequest(false, isResource)])
    return deciding.some(({ level }) => level !== 'None') ? [] : [{ isResource, deciding }]
  })
  if (kinds.length === 0) return []
  const what =
    kinds.length === 2 ? '' : kinds[0]?.isResource === true ? ' for resources' : ' for paths'
  const by = kinds[0]?.deciding.at(-1)?.index ?? null
  return [
    {
      code: 'policy.failedLoginsDropped',
      field: by === null ? 'rules' : `rules[${by}].level`,
      message: `requests${what} that fail to authenticate are not recorded: they have no user, so that no rule with users or groups matches them; end with \`- level: Metadata\``,
    },
  ]
}

const discovery = ['/api', '/api/v1', '/apis', '/apis/apps/v1', '/openapi/v2', '/openapi/v3']
const clients: readonly AuditRequest['user'][] = [
  { name: 'system:anonymous', groups: ['system:unauthenticated'] },
  undefined,
]

/** Rules about paths that drop the discovery requests of clients without a name. */
export function findDroppedProbing({ policy }: CheckedPolicy): readonly Finding[] {
  const dropping = new Map<number, Set<string>>()
  for (const path of discovery) {
    for (const user of clients) {
      const { level, rule } = evaluateAuditPolicy(policy, { ...discoveryRequest, user, path })
      if (level !== 'None' || rule === null) continue
      if (policy.rules[rule]?.nonResourceURLs.length === 0) continue
      dropping.set(rule, (dropping.get(rule) ?? new Set()).add(path))
    }
  }
  return [...dropping].map(([rule, paths]) => ({
    code: 'policy.probingDropped',
    field: `rules[${rule}].nonResourceURLs`,
    message: `drops ${[...paths].join(', ')} of anonymous clients, where strangers look around first; take these paths out, or limit the rule to the users or groups that are noisy`,
  }))
}

const discoveryRequest = {
  verb: 'get',
  isResource: false,
  apiGroup: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
}
