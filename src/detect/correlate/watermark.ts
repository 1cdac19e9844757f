import { defaultLatenessUs } from './settings.ts'

/** How far the event time of each cluster has come: the least of what its senders have reached. */
export interface Frontiers {
  /** An event of a sender, and when it came. Returns the cluster's frontier; it never goes back. */
  advance(cluster: string, sender: string, timeUs: number, receivedAtMs: number): number
  /** `-Infinity` while nothing is known. From now on it is one of the clusters. */
  of(cluster: string): number
  /** So much time has passed: senders from which nothing came since the last call have gone on by as much. */
  pass(elapsedMs: number): void
  close(cluster: string): void
  readonly clusters: Iterable<string>
}

interface Sender {
  greatestUs: number
  /** A time far beyond all others, until a second event confirms it. */
  suspectUs: number | undefined
  receivedAtMs: number
  /** Something came since the last time that time passed. */
  isHeard: boolean
}

interface Cluster {
  readonly senders: Map<string, Sender>
  receivedAtMs: number
  frontierUs: number
}

/** What a single event may not move a sender by. */
const jumpUs = 3_600_000_000
/** A sender from which nothing came for so long holds nobody up. */
const idleMs = defaultLatenessUs / 1000

export function createFrontiers(): Frontiers {
  const clusters = new Map<string, Cluster>()
  const clusterOf = (name: string): Cluster => {
    const known = clusters.get(name)
    if (known !== undefined) return known
    const cluster = { senders: new Map(), receivedAtMs: 0, frontierUs: Number.NEGATIVE_INFINITY }
    clusters.set(name, cluster)
    return cluster
  }
  return {
    get clusters() {
      return clusters.keys()
    },
    of: (name) => clusterOf(name).frontierUs,
    pass: (elapsedMs) => {
      for (const cluster of clusters.values()) {
        for (const sender of cluster.senders.values()) {
          if (!sender.isHeard) sender.greatestUs += elapsedMs * 1000
          sender.isHeard = false
        }
        if (cluster.senders.size > 0)
          cluster.frontierUs = Math.max(cluster.frontierUs, leastOf(cluster))
      }
    },
    close: (name) => {
      clusterOf(name).frontierUs = Number.POSITIVE_INFINITY
    },
    advance: (name, senderName, timeUs, receivedAtMs) => {
      const cluster = clusterOf(name)
      let sender = cluster.senders.get(senderName)
      if (sender === undefined) {
        sender = {
          greatestUs: Number.NEGATIVE_INFINITY,
          suspectUs: undefined,
          receivedAtMs,
          isHeard: true,
        }
        cluster.senders.set(senderName, sender)
      }
      cluster.receivedAtMs = Math.max(cluster.receivedAtMs, receivedAtMs)
      sender.receivedAtMs = Math.max(sender.receivedAtMs, receivedAtMs)
      sender.isHeard = true
      move(sender, Math.min(timeUs, receivedAtMs * 1000))
      cluster.frontierUs = Math.max(cluster.frontierUs, leastOf(cluster))
      return cluster.frontierUs
    },
  }
}

/** The first event of a sender is a jump as well: from nowhere. */
function move(sender: Sender, timeUs: number): void {
  if (timeUs <= sender.greatestUs) return
  if (timeUs <= sender.greatestUs + jumpUs) {
    sender.greatestUs = timeUs
    return
  }
  const suspectUs = sender.suspectUs
  if (suspectUs === undefined || timeUs === suspectUs) {
    sender.suspectUs = timeUs
    return
  }
  const lowerUs = Math.min(suspectUs, timeUs)
  const higherUs = Math.max(suspectUs, timeUs)
  if (higherUs - lowerUs <= jumpUs) {
    sender.greatestUs = higherUs
    sender.suspectUs = undefined
  } else {
    sender.greatestUs = Math.max(sender.greatestUs, lowerUs)
    sender.suspectUs = higherUs
  }
}

function leastOf(cluster: Cluster): number {
  let least = Number.POSITIVE_INFINITY
  for (const [name, sender] of cluster.senders) {
    if (cluster.receivedAtMs - sender.receivedAtMs > idleMs) cluster.senders.delete(name)
    else least = Math.min(least, sender.greatestUs)
  }
  return least
}
