import { lostConnection } from './connection-fault.ts'
import type { Reply } from './http-post.ts'
import { busy, delivered, misconfigured, refused, unavailable } from './outcomes.ts'
import type { Verdict } from './parts.ts'

/** These say that the address or the credentials are wrong, not the alert: nothing gets through until that is mended. */
const misconfiguredStatuses = new Set([401, 402, 403, 404, 405, 407, 410])
const temporaryStatuses = new Set([408, 425])

/** What an answer means where the receiver's documentation says nothing else. Quotes nothing of it. */
export function judgeStatus(sinkName: string, reply: Reply): Verdict {
  const action = `posting to sink ${sinkName}`
  if (reply.kind === 'failed') return { outcome: lostConnection(action, reply.reason) }
  const { status } = reply
  if (status >= 200 && status < 300) return { outcome: delivered }
  const problem = `${action}: answered ${status}`
  if (status === 429) return { outcome: busy(problem, reply.retryAfterMs) }
  if (status >= 500 || temporaryStatuses.has(status)) {
    return { outcome: unavailable(problem, reply.retryAfterMs), mayBeOneItem: status === 500 }
  }
  if (status < 400) {
    return {
      outcome: misconfigured(problem, 'redirects are not followed: configure the final address'),
    }
  }
  if (misconfiguredStatuses.has(status)) {
    return {
      outcome: misconfigured(problem, 'check the address and the secret; the alerts are kept'),
    }
  }
  return { outcome: refused(problem), mayBeOneItem: true }
}
