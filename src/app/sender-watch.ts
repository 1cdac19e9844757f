import type { Clock, Component, ItemIndex, Logger, ReceivedBody } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { foldedHash } from '../util/hash.ts'
import type { Alarms } from './alarms.ts'
import { clusterSilent, restarted, senderLow, senderSilent } from './sender-alarms.ts'
import { createSenderRate, type SenderRate } from './sender-rate.ts'
import type { Heard, SenderReports } from './sender-reports.ts'

const checkEveryMs = 15_000
/** What other processes have heard until then is in the log: each reports at every check. */
const reportedAfterMs = 2 * checkEveryMs
/** After a start, senders have to find this service again, and an hour's history has a gap where it was away. */
const settlingMs = 10 * 60_000
const lastReportMs = 1000
/** Who sends behind changing addresses is not followed any further. */
const maxSendersPerCluster = 100
const apiServerUser = foldedHash('system:apiserver')

/** From where and when a body came. */
export type Receipt = Pick<ReceivedBody, 'cluster' | 'sender' | 'receivedAtMs'>

export interface SenderWatch extends Component {
  /** Only counts: what it means is found at the next check. */
  received(receipt: Receipt, items: Pick<ItemIndex, 'count' | 'columns'>): void
}

interface Sender {
  readonly firstMs: number
  lastMs: number
  readonly rate: SenderRate
  /** That it sends little has been told. */
  isLow: boolean
}

/**
 * Misses clusters and API servers that have sent before and no longer do, or hardly: an API server audits its own
 * requests, so that a healthy one is never silent for minutes. The alarm comes once per silence, and is over with it. Sees when
 * one starts.
 *
 * Whatever process they send to: every process that receives reports what it has heard to the log, and judges by the reports of
 * all. They find the same, as the same alert, which the log keeps once; when one dies, the others know what it knew. While
 * the log cannot be asked, nobody is missed.
 */
export function createSenderWatch(options: {
  readonly clock: Clock
  readonly silentAfterMs: number
  readonly alarms: Pick<Alarms, 'raise' | 'clear'>
  readonly reports: SenderReports
  readonly logger: Logger
}): SenderWatch {
  const { clock, silentAfterMs, alarms, reports, logger } = options
  const { raise, clear } = alarms
  const clusters = new Map<string, Map<string, Sender>>()
  const startedMs = clock.nowMs()
  const stopping = new AbortController()
  let unreported = new Map<string, Map<string, Heard>>()
  /** That the log cannot be asked has been told. */
  let isBlind = false

  const hear = (heard: Heard): void => {
    const { cluster, sender: name, lastMs } = heard
    const senders = clusters.get(cluster) ?? new Map<string, Sender>()
    clusters.set(cluster, senders)
    let sender = senders.get(name)
    // Of what was heard before this process started, silence has been told since; what comes now ends it.
    const isBack = (before: number): boolean => lastMs >= startedMs && before < startedMs
    if (isBack(newestMs(senders))) clear({ code: 'sender_silent', cluster })
    if (isBack(sender?.lastMs ?? Number.NEGATIVE_INFINITY))
      clear({ code: 'apiserver_silent', cluster, subject: name })
    if (sender === undefined) {
      if (senders.size >= maxSendersPerCluster) forgetStalest(senders)
      sender = { firstMs: lastMs, lastMs, rate: createSenderRate(lastMs), isLow: false }
      senders.set(name, sender)
    }
    sender.lastMs = Math.max(sender.lastMs, lastMs)
    const hasStarted = sender.rate.heard(heard, lastMs)
    // What was so before this process started has been told.
    if (hasStarted && lastMs >= startedMs) raise(restarted(cluster, name, lastMs))
  }
  const isSilent = (lastMs: number, nowMs: number): boolean =>
    nowMs - Math.max(lastMs, startedMs) >= silentAfterMs

  const check = (nowMs: number): void => {
    for (const [cluster, senders] of clusters) {
      const lastMs = newestMs(senders)
      if (isSilent(lastMs, nowMs)) {
        clusters.delete(cluster)
        raise(clusterSilent(cluster, lastMs))
        continue
      }
      for (const [name, sender] of senders) {
        if (isSilent(sender.lastMs, nowMs)) {
          senders.delete(name)
          // Who came by only once is no API server that has gone.
          if (sender.lastMs - sender.firstMs >= silentAfterMs)
            raise(senderSilent(cluster, name, sender.lastMs))
          continue
        }
        if (nowMs - startedMs >= settlingMs) checkRate(cluster, name, sender, nowMs)
      }
    }
  }
  const checkRate = (cluster: string, name: string, sender: Sender, nowMs: number): void => {
    const isLow = sender.rate.isLow(nowMs)
    if (isLow && !sender.isLow) raise(senderLow(cluster, name, nowMs))
    if (!isLow && sender.isLow) clear({ code: 'apiserver_events_low', cluster, subject: name })
    sender.isLow = isLow
  }

  /** Tells all what was heard here; what could not be told is told the next time. */
  const report = async (signal: AbortSignal): Promise<void> => {
    const heard = [...unreported.values()].flatMap((senders) => [...senders.values()])
    unreported = new Map()
    try {
      await reports.add(heard, signal)
    } catch (error) {
      for (const each of heard) note(unreported, each)
      throw error
    }
  }
  const look = async (): Promise<void> => {
    const nowMs = clock.nowMs()
    try {
      await report(stopping.signal)
      for (const each of await reports.read()) hear(each)
      check(nowMs - reportedAfterMs)
      isBlind = false
    } catch (error) {
      if (stopping.signal.aborted || isBlind) return
      isBlind = true
      const message = messageOf(error)
      logger.warn('Silent senders are not missed while the log cannot be asked', { message })
    }
  }
  const run = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(checkEveryMs, stopping.signal)
      await look()
    }
  }
  let running: Promise<void> = Promise.resolve()
  return {
    name: 'sender watch',
    received: ({ cluster, sender, receivedAtMs: lastMs }, { count: events, columns }) => {
      const own = countOf(columns['user.username'], apiServerUser)
      note(unreported, { cluster, sender, lastMs, events, own })
    },
    start: async () => {
      running = run().catch(() => undefined) // Ends only by the abort of stop.
    },
    stop: async (deadline) => {
      stopping.abort()
      await running
      // For those that stay. A log that is away is not waited for.
      const soon = AbortSignal.any([deadline, AbortSignal.timeout(lastReportMs)])
      await report(soon).catch(() => undefined)
    },
  }
}

/** Adds what was heard to what is there. */
function note(to: Map<string, Map<string, Heard>>, heard: Heard): void {
  const { cluster, sender, lastMs, events, own } = heard
  const senders = to.get(cluster) ?? new Map<string, Heard>()
  to.set(cluster, senders)
  const known = senders.get(sender)
  if (known === undefined) {
    if (senders.size >= maxSendersPerCluster) forgetStalest(senders)
    senders.set(sender, { ...heard })
    return
  }
  known.lastMs = Math.max(known.lastMs, lastMs)
  known.events += events
  known.own += own
}

function countOf(column: Uint32Array, value: number): number {
  let count = 0
  for (const other of column) if (other === value) count += 1
  return count
}

function newestMs(senders: ReadonlyMap<string, Sender>): number {
  return Math.max(...[...senders.values()].map(({ lastMs }) => lastMs))
}

function forgetStalest(senders: Map<string, { readonly lastMs: number }>): void {
  const [stalest] = [...senders].sort(([, a], [, b]) => a.lastMs - b.lastMs)
  if (stalest !== undefined) senders.delete(stalest[0])
}
