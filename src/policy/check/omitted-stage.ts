import { everyRequest } from '../request-box.ts'
import { rulesDeciding } from './deciding.ts'
import { sessionRequests } from './dropped-sessions.ts'
import type { CheckedPolicy, Finding } from './finding.ts'

/** `ResponseStarted` omitted where failed logins or sessions are recorded. */
export function findOmittedStage({ policy }: CheckedPolicy): readonly Finding[] {
  const ofPolicy = policy.omitStages.indexOf('ResponseStarted')
  if (ofPolicy >= 0) return [finding(`omitStages[${ofPolicy}]`, 'of failed logins and sessions')]
  if (policy.rules.every(({ omitStages }) => !omitStages.includes('ResponseStarted'))) return []
  const strangers = [everyRequest(false, true), everyRequest(false, false)]
  return rulesDeciding(policy, [...strangers, ...sessionRequests]).flatMap(
    ({ index, level, about }) => {
      if (index === null || level === 'None') return []
      const at = policy.rules[index]?.omitStages.indexOf('ResponseStarted') ?? -1
      if (at < 0) return []
      const isOfStrangers = about.some(({ isAuthenticated }) => !isAuthenticated)
      return [
        finding(
          `rules[${index}].omitStages[${at}]`,
          isOfStrangers ? 'of failed logins and sessions' : 'of sessions',
        ),
      ]
    },
  )
}

function finding(field: string, what: string): Finding {
  return {
    code: 'policy.responseStartedOmitted',
    field,
    message: `takes out the ResponseStarted ${what}: a request that fails to authenticate has no other stage, and a session shows only when it ends; remove it`,
  }
}
