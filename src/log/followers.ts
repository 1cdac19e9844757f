import type { MessagePort } from 'node:worker_threads'
import { admitFresh } from './fresh.ts'
import type { ClientMessage, Fresh } from './sqlite-protocol.ts'
import type { SqliteWriter } from './sqlite-writer.ts'

type Follow = Extract<ClientMessage, { kind: 'follow' }>

/** Who is handed on what has just become durable: one client a topic, the first that asked. */
export interface Followers {
  follow(port: MessagePort, follow: Follow): void
  leave(topic: string, group: string): void
  leaveAll(port: MessagePort): void
  /** What each port gets of the topics that have grown. What nobody takes is given up. */
  handOn(
    grown: Iterable<string>,
    takeFresh: SqliteWriter['takeFresh'],
  ): ReadonlyMap<MessagePort, readonly Fresh[]>
}

export function createFollowers(): Followers {
  const byTopic = new Map<string, { readonly port: MessagePort; readonly follow: Follow }>()
  return {
    follow: (port, follow) => {
      if (!byTopic.has(follow.topic)) byTopic.set(follow.topic, { port, follow })
    },
    leave: (topic, group) => {
      if (byTopic.get(topic)?.follow.group === group) byTopic.delete(topic)
    },
    leaveAll: (port) => {
      for (const [topic, follower] of byTopic) if (follower.port === port) byTopic.delete(topic)
    },
    handOn: (grown, takeFresh) => {
      const handed = new Map<MessagePort, Fresh[]>()
      for (const topic of grown) {
        const follower = byTopic.get(topic)
        const { records, end } = takeFresh(topic)
        const fresh = { topic, records: admitFresh(records, follower?.follow.room), end }
        if (follower === undefined) continue
        handed.set(follower.port, [...(handed.get(follower.port) ?? []), fresh])
      }
      return handed
    },
  }
}
