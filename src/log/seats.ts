import { KubewitnessError } from '../errors.ts'

/** Who reads in which group: one reader a group, so that nothing is delivered twice at the same time. */
export interface Seats<Owner> {
  /** Throws when the group is being read. */
  take(topic: string, group: string, owner: Owner): void
  leave(topic: string, group: string): void
  leaveAll(owner: Owner): void
  ownerOf(topic: string, group: string): Owner | undefined
}

export function createSeats<Owner>(): Seats<Owner> {
  const owners = new Map<string, Owner>()
  const keyOf = (topic: string, group: string): string => JSON.stringify([topic, group])
  return {
    take: (topic, group, owner) => {
      const key = keyOf(topic, group)
      if (owners.has(key)) {
        throw new KubewitnessError(
          'log.failed',
          `reading the topic ${topic} as ${group}: the group already has a reader`,
          { next: 'give every reader a group of its own' },
        )
      }
      owners.set(key, owner)
    },
    leave: (topic, group) => void owners.delete(keyOf(topic, group)),
    leaveAll: (owner) => {
      for (const [key, other] of owners) if (other === owner) owners.delete(key)
    },
    ownerOf: (topic, group) => owners.get(keyOf(topic, group)),
  }
}
