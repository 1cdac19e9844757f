import type { TopicStatus } from '../../contracts.ts'
import type { Opened } from './opened.ts'

/** What is in a topic, and where its groups go on: sums over its partitions. */
export async function statusOf(
  topic: string,
  { partitions, cursors, browser }: Opened,
): Promise<TopicStatus> {
  await partitions.catchUp(topic)
  const ledgers = partitions.ledgers(topic)
  const sum = (values: readonly number[]): number =>
    values.reduce((total, value) => total + value, 0)
  const oldest = await Promise.all(
    partitions.numbers(topic).map((partition) => browser.oldestMs(topic, partition)),
  )
  const times = oldest.filter((timeMs) => timeMs !== undefined)
  return {
    topic,
    records: Math.round(sum(ledgers.map(({ records }) => records))),
    bytes: Math.round(sum(ledgers.map(({ bytes }) => bytes))),
    firstOffset: sum(ledgers.map(({ first }) => first)),
    nextOffset: sum(ledgers.map(({ next }) => next)),
    oldestAppendedAtMs: times.length === 0 ? 0 : Math.min(...times),
    cursors: Object.fromEntries(
      [...(await cursors.of(topic))].map(([group, offsets]) => [
        group,
        sum(offsets.map((offset, partition) => offset ?? ledgers[partition]!.first)),
      ]),
    ),
  }
}
