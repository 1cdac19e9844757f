import { createBodyGenerator, type GeneratedBody } from '../support/generate.ts'
import { createOracle, type StoredEvent } from '../support/oracle.ts'
import { createRandom } from '../support/random.ts'
import type { Sender } from '../support/sender.ts'
import { createServiceSender } from '../support/service-sender.ts'
import { withWindows } from './windows.ts'

export interface Load {
  readonly oracle: ReturnType<typeof createOracle>
  counts(): { readonly bodiesAcknowledged: number; readonly bodiesDropped: number }
  /** Events as the export prints them, with the clusters that they were sent for. */
  storedEvents(exported: Iterable<unknown>): Iterable<StoredEvent>
  /** Sees the last bodies through, and sends one for each cluster whose events are so late that every alert is over by then. */
  stop(): Promise<void>
}

export interface LoadOptions {
  /** Of the service that receives: tokens and certificate are in its data directory. */
  readonly folder: string
  readonly port: number
  readonly seed: number
  /** The cluster of each sender. */
  readonly senders: readonly string[]
  /** Time between two bodies of a sender. */
  readonly pauseMs?: number
}

/** Bodies are a tenth of a second of event time apart; those that are sent, two seconds. */
const bodyStep = 21
/** How far behind all others the events of the last body are: by then every alert is over. */
const closingMs = 40 * 60_000

/** Senders that post body after body and behave as an API server does when the service is gone. */
export function startLoad({ folder, port, seed, senders, pauseMs = 0 }: LoadOptions): Load {
  const oracle = createOracle()
  const clusterByEvent = new Map<string, string>()
  const startMs = Date.UTC(2026, 0, 1)
  const generate = createBodyGenerator({ seed, events: 100, startMs })
  const generateLast = createBodyGenerator({ seed, events: 10, startMs: startMs + closingMs })
  const stopping = new AbortController()
  let number = 0
  let bodiesAcknowledged = 0
  let bodiesDropped = 0
  const openSender = (index: number, cluster: string): Sender =>
    createServiceSender(
      { folder, ports: { webhook: port } },
      {
        cluster,
        protocol: index % 2 === 0 ? 'h2' : 'h1',
        random: createRandom(seed, index),
        timeScale: 0.02,
        loseAnswers: 0.02,
      },
    )
  const send = async (sender: Sender, cluster: string, body: GeneratedBody): Promise<void> => {
    oracle.issue(cluster, body.items)
    for (const { auditID, stage } of body.items) clusterByEvent.set(`${auditID}/${stage}`, cluster)
    // A body under way is seen through, also after the end of the load.
    const result = await sender.send(body.bytes, AbortSignal.timeout(60_000))
    if (result.acknowledged) oracle.acknowledge(cluster, body.items)
    if (result.outcome === 'accepted') bodiesAcknowledged += 1
    else bodiesDropped += 1
  }
  const run = async (sender: Sender, cluster: string): Promise<void> => {
    while (!stopping.signal.aborted) {
      await send(sender, cluster, withWindows(generate(bodyStep * number++), seed))
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    sender.close()
  }
  const running = senders.map((cluster, index) => run(openSender(index, cluster), cluster))
  return {
    oracle,
    counts: () => ({ bodiesAcknowledged, bodiesDropped }),
    *storedEvents(exported) {
      // The export prints audit events that the generator made: both fields are there.
      for (const event of exported as Iterable<{ auditID: string; stage: string }>)
        yield { ...event, cluster: clusterByEvent.get(`${event.auditID}/${event.stage}`) ?? '' }
    },
    stop: async () => {
      stopping.abort()
      await Promise.all(running)
      for (const [index, cluster] of [...new Set(senders)].entries()) {
        const last = openSender(senders.length + index, cluster)
        await send(last, cluster, generateLast(bodyStep * number++))
        last.close()
      }
    },
  }
}
