import { defaultLatenessUs } from './settings.ts'

/** How far the event time of each cluster has come: the least of what its senders have reached. */
export interface Frontiers {
  /** An event of a sender, and when it came. Returns the cluster's frontier; it never goes back. */
  advance(cluster: string, sender: string, timeUs: number, receivedAtMs: number): number
  /**
   * Of a batch of a sender: event times that follow on each other up to there may be told all at once, by the greatest of them.
   * `-Infinity` while none may.
   */
  steadyUntilUs(cluster: string, sender: string): number
  /** `-Infinity` while nothing is known. From now on it is one of the clusters. */
  of(cluster: string): number
  /** So much time has passed: senders from which nothing came since the last call have gone on by as much. */
  pass(elapsedMs: number): void
  close(cluster: string): void
  readonly clusters: Iterable<string>
  /** The furthest of all. */
  readonly latestUs: number
  /** The clusters that have changed since the last call, each as JSON. */
  takeChanges(): readonly (readonly [cluster: string, saved: string])[]
  /** False when it cannot be read. */
  restore(saved: string): boolean
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
  /** Since it was saved. */
  isChanged: boolean
}

/** What a single event may not move a sender by. */
const jumpUs = 3_600_000_000
/** A sender from which nothing came for so long holds nobody up. */
const idleMs = defaultLatenessUs / 1000

export function createFrontiers(): Frontiers {
  const clusters = new Map<string, Cluster>()
  const changed = new Set<string>()
  /** The cluster that was asked for last: most events are of the one before. */
  let latest: { readonly name: string; readonly cluster: Cluster } | undefined
  let latestUs = Number.NEGATIVE_INFINITY
  const reach = (name: string, cluster: Cluster, frontierUs: number): void => {
    if (!cluster.isChanged) changed.add(name)
    cluster.isChanged = true
    cluster.frontierUs = Math.max(cluster.frontierUs, frontierUs)
    latestUs = Math.max(latestUs, cluster.frontierUs)
  }
  const clusterOf = (name: string): Cluster => {
    if (latest?.name === name) return latest.cluster
    let cluster = clusters.get(name)
    if (cluster === undefined) {
      const frontierUs = Number.NEGATIVE_INFINITY
      cluster = { senders: new Map(), receivedAtMs: 0, frontierUs, isChanged: false }
      clusters.set(name, cluster)
    }
    latest = { name, cluster }
    return cluster
  }
  return {
    get clusters() {
      return clusters.keys()
    },
    get latestUs() {
      return latestUs
    },
    of: (name) => clusterOf(name).frontierUs,
    steadyUntilUs: (name, sender) =>
      (clusterOf(name).senders.get(sender)?.greatestUs ?? Number.NEGATIVE_INFINITY) + jumpUs,
    pass: (elapsedMs) => {
      for (const [name, cluster] of clusters) {
        for (const sender of cluster.senders.values()) {
          if (!sender.isHeard) sender.greatestUs += elapsedMs * 1000
          sender.isHeard = false
        }
        if (cluster.senders.size > 0) reach(name, cluster, leastOf(cluster))
      }
    },
    close: (name) => {
      reach(name, clusterOf(name), Number.POSITIVE_INFINITY)
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
      const isAlone = cluster.senders.size === 1 && cluster.receivedAtMs === receivedAtMs
      reach(name, cluster, isAlone ? sender.greatestUs : leastOf(cluster))
      return cluster.frontierUs
    },
    takeChanges: () => {
      const taken = [...changed].map((name) => {
        const cluster = clusterOf(name)
        cluster.isChanged = false
        return [name, toText(name, cluster)] as const
      })
      changed.clear()
      return taken
    },
    restore: (saved) => {
      const restored = fromText(saved)
      if (restored === undefined) return false
      clusters.set(...restored)
      latest = undefined
      latestUs = Math.max(latestUs, restored[1].frontierUs)
      return true
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

/** JSON has no infinity: null. */
function toText(name: string, { senders, receivedAtMs, frontierUs }: Cluster): string {
  return JSON.stringify({ version: 1, name, receivedAtMs, frontierUs, senders: [...senders] })
}

function fromText(text: string): [string, Cluster] | undefined {
  // Written by `toText`, but perhaps by another version.
  const saved = JSON.parse(text) as Cluster & {
    version: number
    name: string
    senders: [string, Sender][]
  }
  if (saved.version !== 1) return undefined
  const { name, receivedAtMs } = saved
  const senders = saved.senders.map(([key, sender]) => {
    const greatestUs = finiteOr(sender.greatestUs)
    return [key, { ...sender, suspectUs: sender.suspectUs, greatestUs }] as const
  })
  const frontierUs = finiteOr(saved.frontierUs)
  return [name, { receivedAtMs, frontierUs, isChanged: false, senders: new Map(senders) }]
}

function finiteOr(value: number | null): number {
  return value ?? Number.NEGATIVE_INFINITY
}
