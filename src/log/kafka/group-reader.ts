import type { Clock, Delivery, Produce, ReadLimits, StateChange } from '../../contracts.ts'
import type { Membership } from './membership.ts'
import type { Carved, PartitionReader, PartitionReaderOptions } from './partition-reader.ts'

/** What reading as a member of a group needs. */
export interface GroupReadOptions {
  readonly limits: ReadLimits
  readonly clock: Clock
  /** Of whoever reads, or the log stops. */
  readonly signal: AbortSignal
  readonly open: (
    partition: number,
    hooks: Pick<PartitionReaderOptions, 'onChange' | 'nextTenure' | 'confirmed'>,
  ) => PartitionReader
  readonly join: (onAssigned: (partitions: readonly number[]) => void) => Membership
  readonly commit: (
    partition: number,
    carved: Carved,
    produced: readonly Produce[],
    changes: readonly StateChange[],
  ) => Promise<void>
  /** The partitions that are read now; asked by a replay. */
  readonly readers: Map<number, PartitionReader>
  /** What goes on after the loop was left. */
  readonly onLeave: (left: Promise<void>) => void
}

/**
 * The deliveries of the partitions that a member of a group has, in turn. Leaves the group as soon as the signal aborts,
 * also when nobody asks for the next one.
 */
export async function* readAsMember(
  options: GroupReadOptions,
): AsyncGenerator<Delivery, void, void> {
  const { limits, clock, signal, readers } = options
  let changed = Promise.withResolvers<void>()
  const onChange = (): void => changed.resolve()
  const closing = new Set<Promise<void>>()
  let hasLeft = false
  // Counted on when a partition goes and comes back: its deliveries are not to look as if they followed each other.
  const tenures = new Map<number, number>()
  const nextTenure = (partition: number): number => {
    const number = tenures.get(partition) ?? 0
    tenures.set(partition, number + 1)
    return number
  }
  const close = (reader: PartitionReader): void => {
    const closed = reader.close()
    closing.add(closed)
    void closed.then(() => closing.delete(closed))
  }
  const open = (partition: number): PartitionReader =>
    options.open(partition, {
      onChange,
      nextTenure: () => nextTenure(partition),
      confirmed: () => membership.confirmed(),
    })
  const onAssigned = (partitions: readonly number[]): void => {
    if (hasLeft) return
    for (const [partition, reader] of readers) {
      if (partitions.includes(partition)) continue
      readers.delete(partition)
      close(reader)
    }
    for (const partition of partitions)
      if (!readers.has(partition)) readers.set(partition, open(partition))
    onChange()
  }
  const membership: Membership = options.join(onAssigned)
  const leave = (): void => {
    if (hasLeft) return
    hasLeft = true
    for (const reader of readers.values()) close(reader)
    readers.clear()
    const left = Promise.all([...closing, membership.close()])
    options.onLeave(left.then(() => undefined))
    onChange()
  }
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) leave()

  const toDelivery = (partition: number, carved: Carved): Delivery => ({
    partition,
    records: carved.records,
    epoch: carved.tenure.epoch * 65_536 + carved.tenure.number,
    commit: (produced = [], changes = []) => options.commit(partition, carved, produced, changes),
  })

  /**
   * The next delivery, of the partition that has waited longest; or of one that has been quiet long enough, which they all have
   * been when nothing changed in that time.
   */
  const next = (hasWaited: boolean): Delivery | undefined => {
    for (const [partition, reader] of readers) {
      const carved = reader.take()
      if (carved === undefined) continue
      reader.quietSinceMs = clock.nowMs()
      readers.delete(partition)
      readers.set(partition, reader)
      return toDelivery(partition, carved)
    }
    if (limits.idleAfterMs === undefined) return undefined
    for (const [partition, reader] of readers) {
      if (!hasWaited && clock.nowMs() - reader.quietSinceMs < limits.idleAfterMs) continue
      const carved = reader.takeNothing()
      if (carved === undefined) continue
      reader.quietSinceMs = clock.nowMs()
      return toDelivery(partition, carved)
    }
    return undefined
  }

  try {
    let hasWaited = false
    while (!signal.aborted) {
      changed = Promise.withResolvers()
      const delivery = next(hasWaited)
      hasWaited = false
      if (delivery !== undefined) yield delivery
      else hasWaited = await waitFor(changed.promise, limits.idleAfterMs, clock)
    }
  } finally {
    signal.removeEventListener('abort', leave)
    leave()
  }
}

/** True when nothing changed for so long. */
async function waitFor(
  changed: Promise<void>,
  maxMs: number | undefined,
  clock: Clock,
): Promise<boolean> {
  if (maxMs === undefined) return changed.then(() => false)
  const waking = new AbortController()
  const slept = clock.sleep(maxMs, waking.signal).then(
    () => true,
    () => false,
  )
  const hasWaited = await Promise.race([changed.then(() => false), slept])
  waking.abort()
  return hasWaited
}
