import type { Clock, Delivery } from '../contracts.ts'

/** A reader's work on one partition, from the position that its state is true of. */
export interface PartitionSession {
  readonly epoch: number
  take(delivery: Delivery): Promise<void>
  /** Saves the state and moves the cursor behind all that was taken. */
  save(): Promise<void>
}

/** The sessions of the partitions that a reader has. */
export interface PartitionSessions<Session extends PartitionSession> {
  /** Hands a delivery to the session of its partition; opens one when there is none, or when it is of no use any more. */
  take(delivery: Delivery): Promise<void>
  /** Saves them all. */
  save(): Promise<void>
  readonly all: ReadonlyMap<number, Session>
}

/** Empty deliveries come far more often: what gives nothing for so long is another process's by now. */
const givenUpAfterMs = 60_000

export function createPartitionSessions<Session extends PartitionSession>(options: {
  readonly clock: Clock
  readonly open: (place: Pick<Delivery, 'partition' | 'epoch'>) => Promise<Session>
  /** False: it is saved, and another one is opened in its place. */
  readonly isCurrent?: (session: Session) => boolean
  /** It is over: the partition is read elsewhere, or by a session that follows. */
  readonly onEnd?: (partition: number) => void
}): PartitionSessions<Session> {
  const { clock, open, isCurrent = () => true, onEnd } = options
  const sessions = new Map<number, Session>()
  const takenMs = new Map<number, number>()

  const end = async (partition: number, session: Session): Promise<void> => {
    // Where the partition is another process's, this stores nothing.
    await session.save()
    sessions.delete(partition)
    takenMs.delete(partition)
    onEnd?.(partition)
  }
  const endSilent = async (nowMs: number): Promise<void> => {
    for (const [partition, session] of sessions)
      if (nowMs - (takenMs.get(partition) ?? nowMs) >= givenUpAfterMs) await end(partition, session)
  }
  const sessionOf = async (delivery: Delivery): Promise<Session> => {
    const { partition, epoch } = delivery
    const known = sessions.get(partition)
    if (known?.epoch === epoch && isCurrent(known)) return known
    if (known?.epoch === epoch) await end(partition, known)
    else if (known !== undefined) onEnd?.(partition) // Of an epoch that is over nothing is kept.
    const opened = await open(delivery)
    sessions.set(partition, opened)
    return opened
  }

  return {
    all: sessions,
    take: async (delivery) => {
      const { partition } = delivery
      const session = await sessionOf(delivery)
      await session.take(delivery)
      const nowMs = clock.nowMs()
      takenMs.set(partition, nowMs)
      if (sessions.size > 1) await endSilent(nowMs)
    },
    save: async () => {
      for (const session of sessions.values()) await session.save()
    },
  }
}
