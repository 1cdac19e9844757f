import type { Clock, Component, ItemIndex, ReceivedBody } from '../contracts.ts'
import type { Alarm, Alarms } from './alarms.ts'
import { createSenderRate, type SenderRate } from './sender-rate.ts'

const checkEveryMs = 15_000
/** Who sends behind changing addresses is not followed any further. */
const maxSendersPerCluster = 100

/** From where and when a body came. */
export type Receipt = Pick<ReceivedBody, 'cluster' | 'sender' | 'receivedAtMs'>

export interface SenderWatch extends Component {
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
 */
export function createSenderWatch(options: {
  readonly clock: Clock
  readonly silentAfterMs: number
  readonly alarms: Pick<Alarms, 'raise' | 'clear'>
}): SenderWatch {
  const { clock, silentAfterMs, alarms } = options
  const { raise, clear } = alarms
  const clusters = new Map<string, Map<string, Sender>>()
  const stopping = new AbortController()

  const check = (): void => {
    const nowMs = clock.nowMs()
    for (const [cluster, senders] of clusters) {
      const lastMs = Math.max(...[...senders.values()].map((sender) => sender.lastMs))
      if (nowMs - lastMs >= silentAfterMs) {
        clusters.delete(cluster)
        raise(clusterSilent(cluster, lastMs))
        continue
      }
      for (const [name, sender] of senders) {
        if (nowMs - sender.lastMs >= silentAfterMs) {
          senders.delete(name)
          // Who came by only once is no API server that has gone.
          if (sender.lastMs - sender.firstMs >= silentAfterMs)
            raise(senderSilent(cluster, name, sender.lastMs))
          continue
        }
        const isLow = sender.rate.isLow(nowMs)
        if (isLow && !sender.isLow) raise(senderLow(cluster, name, nowMs))
        if (!isLow && sender.isLow) clear({ code: 'apiserver_events_low', cluster, subject: name })
        sender.isLow = isLow
      }
    }
  }
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await clock.sleep(checkEveryMs, stopping.signal)
      check()
    }
  }
  let running: Promise<void> = Promise.resolve()
  return {
    name: 'sender watch',
    received: ({ cluster, sender: name, receivedAtMs }, items) => {
      const senders = clusters.get(cluster) ?? new Map<string, Sender>()
      clusters.set(cluster, senders)
      if (senders.size === 0) clear({ code: 'sender_silent', cluster })
      let sender = senders.get(name)
      if (sender === undefined) {
        if (senders.size >= maxSendersPerCluster) forgetStalest(senders)
        clear({ code: 'apiserver_silent', cluster, subject: name })
        const rate = createSenderRate(receivedAtMs)
        sender = { firstMs: receivedAtMs, lastMs: receivedAtMs, rate, isLow: false }
        senders.set(name, sender)
      }
      sender.lastMs = receivedAtMs
      if (sender.rate.received(items, receivedAtMs)) raise(restarted(cluster, name, receivedAtMs))
    },
    start: async () => {
      running = run().catch(() => undefined) // Ends only by the abort of stop.
    },
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

function forgetStalest(senders: Map<string, Sender>): void {
  const [stalest] = [...senders].sort(([, a], [, b]) => a.lastMs - b.lastMs)
  if (stalest !== undefined) senders.delete(stalest[0])
}

function clusterSilent(cluster: string, lastMs: number): Alarm {
  const since = new Date(lastMs).toISOString()
  return {
    code: 'sender_silent',
    cluster,
    subject: since,
    message: `No audit events from cluster ${cluster} since ${since}; look at apiserver_audit_error_total and the API server's log`,
  }
}

function senderSilent(cluster: string, name: string, lastMs: number): Alarm {
  const since = new Date(lastMs).toISOString()
  return {
    code: 'apiserver_silent',
    cluster,
    subject: name,
    message: `No audit events from the API server at ${name} of cluster ${cluster} since ${since}, while others send; if it was not taken away, look at its log`,
  }
}

function senderLow(cluster: string, name: string, nowMs: number): Alarm {
  return {
    code: 'apiserver_events_low',
    cluster,
    subject: name,
    message: `The API server at ${name} of cluster ${cluster} sends less than a tenth of its usual events (at ${new Date(nowMs).toISOString()}); see whether its audit policy was changed, or requests no longer reach it`,
  }
}

function restarted(cluster: string, name: string, atMs: number): Alarm {
  return {
    code: 'apiserver_restarted',
    cluster,
    subject: name,
    message: `The API server at ${name} of cluster ${cluster} has started anew (by ${new Date(atMs).toISOString()}); its last events before may be missing`,
  }
}
