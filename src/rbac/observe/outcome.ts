/**
 * What came of a request, as far as permissions go: `used`, it was allowed and done; `failed`, it was allowed and came to
 * nothing all the same (no such object, a conflict, refused by admission); `wanted`, it was forbidden.
 */
export const outcomes = ['used', 'failed', 'wanted'] as const
export type Outcome = (typeof outcomes)[number]

/** The part of an event that tells. */
export interface Answer {
  /** `authorization.k8s.io/decision`, empty if absent. */
  readonly decision: string
  /** `authorization.k8s.io/reason`, empty if absent. */
  readonly reason: string
  /** `responseStatus.code`; 0 if absent. */
  readonly code: number
  readonly hasUser: boolean
}

/**
 * The outcome of a request by its event; undefined when nobody was asked: authentication failed, flow control turned it
 * away, or the authorizer broke.
 *
 * The decision settles it where there is one: 403 behind `allow` is an admission's refusal, and the permission was needed.
 * Without a decision (old versions, exports that drop annotations) the code does: 403 is a refusal, 429 comes before
 * authorisation (`pkg/server/config.go`: authentication, audit, impersonation, priority and fairness, authorization), and
 * everything else from 400 on comes behind it.
 */
export function outcomeOf({ decision, reason, code, hasUser }: Answer): Outcome | undefined {
  if (decision === 'allow') return code < 400 ? 'used' : 'failed'
  if (decision === 'forbid') return 'wanted'
  if (!hasUser || code === 401 || code === 429 || reason === 'internal error') return undefined
  if (code === 403) return 'wanted'
  return code < 400 ? 'used' : 'failed'
}
