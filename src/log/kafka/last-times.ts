import type { Outgoing } from './appender.ts'
import type { Fetcher } from './fetcher.ts'
import { toMessage } from './messages.ts'
import type { Names } from './names.ts'
import type { Partitions } from './partitions.ts'
import { readLastValues } from './saved.ts'

const prefix = 'times/'

/**
 * Times never fall from one record to the next, also when retention has taken all that there were: then the last one is
 * kept in the state topic.
 */
export function lastTimeMessage(
  names: Names,
  topic: string,
  partition: number,
  lastMs: number,
): Outgoing {
  const message = toMessage(
    `${prefix}${topic}/${partition}`,
    Buffer.from(String(lastMs)),
    names.commonStatePartition,
    lastMs,
  )
  return { topic: names.stateTopic, message, bytes: 0, onStored: () => undefined }
}

/** Gives the ledgers of empty partitions the time of the last record that they had. */
export async function restoreLastTimes(
  fetcher: Fetcher,
  names: Names,
  partitions: Partitions,
  topics: readonly string[],
): Promise<void> {
  const emptied = topics.flatMap((topic) =>
    partitions
      .numbers(topic)
      .map((partition) => ({ topic, partition, ledger: partitions.ledger(topic, partition) }))
      .filter(({ ledger }) => ledger.first > 0 && ledger.first === ledger.next),
  )
  if (emptied.length === 0) return
  const times = await readLastValues(fetcher, names.stateTopic, names.commonStatePartition, prefix)
  for (const { topic, partition, ledger } of emptied) {
    const value = times.get(`${prefix}${topic}/${partition}`)
    if (value !== undefined) ledger.lastMs = Math.max(ledger.lastMs, Number(Buffer.from(value)))
  }
}
