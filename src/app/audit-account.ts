import type { ApiServerCounters } from '../sources/apiserver-metrics/scrape.ts'

/** What API servers of one cluster say they sent, beside what came. Plain data, so that it can be kept over a restart. */
export interface AuditAccount {
  readonly counters: Readonly<Record<string, ApiServerCounters>>
  /** Since the account was opened: events sent and not given up by the senders, and events received. */
  readonly sent: number
  readonly received: number
  /** The least that `sent` was ever ahead, negative as long as more came: what is under way, and no loss. */
  readonly leastAhead: number
  /** Events a second, in the long run. */
  readonly rate: number
  /** How many times in a row too much was missing. */
  readonly suspicions: number
}

/** What one round of questions adds. */
export interface Settlement {
  readonly account: AuditAccount
  /** Events that API servers say they lost since they were last asked, by server. */
  readonly lost: readonly (readonly [server: string, events: number])[]
  /** Servers that are other processes than last time. */
  readonly restarted: readonly string[]
  /** Events that were sent, are said not to be lost, and did not come; told once. */
  readonly unaccounted: number
}

export const emptyAccount: AuditAccount = {
  counters: {},
  sent: 0,
  received: 0,
  leastAhead: 0,
  rate: 0,
  suspicions: 0,
}

/** A batch may wait half a minute, and then some for its turn. */
const underWayS = 60
/** Less is not looked into: bodies are some hundred events. */
const leastMissing = 500
/** What was only late has come by then. */
const suspicionsToTell = 3
const rateWeight = 0.1

/**
 * The account after a round, `elapsedS` after the one before. While some server does not answer nothing can be missed: what it
 * sent comes, and is not known yet to have been sent.
 */
export function settle(
  account: AuditAccount,
  answers: ReadonlyMap<string, ApiServerCounters | undefined>,
  elapsedS: number,
): Settlement {
  const lost: (readonly [string, number])[] = []
  const restarted: string[] = []
  let sent = 0
  let isWhole = true
  for (const [server, counters] of answers) {
    if (counters === undefined) {
      isWhole = false
      continue
    }
    const before = Object.hasOwn(account.counters, server) ? account.counters[server] : undefined
    const isRestarted = before !== undefined && isAnew(before, counters)
    if (isRestarted) restarted.push(server)
    const base = before === undefined ? counters : isRestarted ? nothing : before
    const errors = counters.errors - base.errors
    if (errors > 0) lost.push([server, errors])
    sent += Math.max(0, counters.events - base.events - errors)
  }
  const known = [...answers].flatMap(([server, counters]) => (counters ? [[server, counters]] : []))
  const counters = { ...account.counters, ...Object.fromEntries(known) }
  const next = { ...account, counters, sent: account.sent + sent }
  const judged = isWhole ? judge(next, sent, elapsedS) : { account: next, unaccounted: 0 }
  return { ...judged, lost, restarted }
}

export function received(account: AuditAccount, events: number): AuditAccount {
  return { ...account, received: account.received + events }
}

/** How many events are sent and did not come, beyond what is under way as a rule. */
export function missing({ sent, received, leastAhead }: AuditAccount): number {
  return Math.max(0, sent - received - leastAhead)
}

const nothing: ApiServerCounters = { startedAtS: 0, events: 0, errors: 0 }

/** Counters only grow, but for a new process, which begins with none. */
function isAnew(before: ApiServerCounters, now: ApiServerCounters): boolean {
  return (
    now.startedAtS !== before.startedAtS || now.events < before.events || now.errors < before.errors
  )
}

function judge(
  account: AuditAccount,
  events: number,
  elapsedS: number,
): Pick<Settlement, 'account' | 'unaccounted'> {
  const share = elapsedS > 0 ? rateWeight * (events / elapsedS - account.rate) : 0
  const ahead = account.sent - account.received
  const leastAhead = Math.min(account.leastAhead, ahead)
  const next = { ...account, rate: account.rate + share, leastAhead }
  const absent = missing(next)
  if (absent <= Math.max(leastMissing, next.rate * underWayS))
    return { account: { ...next, suspicions: 0 }, unaccounted: 0 }
  const suspicions = account.suspicions + 1
  if (suspicions < suspicionsToTell) return { account: { ...next, suspicions }, unaccounted: 0 }
  // Told: from here on it counts as under way.
  return { account: { ...next, suspicions: 0, leastAhead: ahead }, unaccounted: absent }
}
