import type { BrowseQuery, StoredRecord } from '../../contracts.ts'
import { browseRange } from '../browse-range.ts'
import { type Fetcher, isOutOfRange } from './fetcher.ts'
import { toRecord } from './messages.ts'
import { fromLogOffset, type Names } from './names.ts'
import type { Partitions } from './partitions.ts'

const fetchBytes = 1 << 20
/** A broker gives one batch at least. */
const oneBatch = 1

/** Looks at what is stored, at places of our choice. Of records with one key the first is there, as far as it was looked at or is among the newest. */
export interface Browser {
  browse(topic: string, query: BrowseQuery): Promise<readonly StoredRecord[]>
  /** The records at these offsets, in their order. */
  at(topic: string, partition: number, offsets: readonly number[]): Promise<readonly StoredRecord[]>
  /** Time of the first record; undefined if there is none. */
  oldestMs(topic: string, partition: number): Promise<number | undefined>
}

export function createBrowser(fetcher: Fetcher, names: Names, partitions: Partitions): Browser {
  /** Records of [from, to) in order, until there are enough. */
  const range = async (
    topic: string,
    partition: number,
    from: number,
    to: number,
    limit: number,
    maxBytes = fetchBytes,
  ): Promise<StoredRecord[]> => {
    const ledger = partitions.ledger(topic, partition)
    const found: StoredRecord[] = []
    let offset = from
    while (offset < to && found.length < limit) {
      const { messages, nextOffset } = await fetcher.fetch({
        topic: names.kafkaTopic(topic),
        partition,
        offset,
        maxBytes,
        maxWaitMs: 0,
      })
      for (const message of messages) {
        const own = Number(message.offset)
        if (own >= to || found.length === limit) break
        const record = toRecord(message, topic, partition, names)
        ledger.noteKey(own, record.key)
        if (!ledger.isRepeat(own, record.key)) found.push(record)
      }
      if (nextOffset === offset) break
      offset = nextOffset
    }
    return found
  }

  /** The last records of [from, to), newest first: read in growing steps backwards, because offsets may have gaps. */
  const rangeBackwards = async (
    topic: string,
    partition: number,
    from: number,
    to: number,
    limit: number,
  ): Promise<StoredRecord[]> => {
    const found: StoredRecord[] = []
    let end = to
    let step = limit + 16
    while (end > from && found.length < limit) {
      const start = Math.max(from, end - step)
      const records = await range(topic, partition, start, end, Number.POSITIVE_INFINITY)
      found.push(...records.toReversed())
      end = start
      step *= 2
    }
    return found.slice(0, limit)
  }

  const browsePartition = async (
    topic: string,
    partition: number,
    query: BrowseQuery,
  ): Promise<StoredRecord[]> => {
    const count = names.partitionsOf(topic)
    const ledger = partitions.ledger(topic, partition)
    const { order, limit, after, fromMs, toMs, ...rest } = query
    const offsetAt = async (timeMs: number | undefined): Promise<number> =>
      timeMs === undefined
        ? 0
        : ((await fetcher.offsetAt(names.kafkaTopic(topic), partition, timeMs)) ?? ledger.next)
    const [atFrom, atTo] = [await offsetAt(fromMs), await offsetAt(toMs)]
    const own = {
      ...rest,
      order,
      limit,
      ...(fromMs !== undefined && { fromMs: atFrom }),
      ...(toMs !== undefined && { toMs: atTo }),
      ...(after !== undefined && {
        after:
          order === 'oldest'
            ? fromLogOffset(after + 1, partition, count) - 1
            : fromLogOffset(after, partition, count),
      }),
    }
    // Its times are offsets already.
    const { from, to } = browseRange(own, ledger.first, ledger.next, (offset) => offset)
    const start = Math.max(from, ledger.first)
    return order === 'oldest'
      ? range(topic, partition, start, to, limit)
      : rangeBackwards(topic, partition, start, to, limit)
  }

  return {
    browse: async (topic, query) => {
      const isOne = names.partitionsOf(topic) === 1
      await (isOne ? partitions.cover(topic) : partitions.refresh(topic))
      try {
        const pages = await Promise.all(
          partitions.numbers(topic).map((partition) => browsePartition(topic, partition, query)),
        )
        const sign = query.order === 'oldest' ? 1 : -1
        return pages
          .flat()
          .sort((a, b) => sign * (a.position.offset - b.position.offset))
          .slice(0, query.limit)
      } catch (error) {
        if (!isOutOfRange(error)) throw error
        return [] // Retention took the records in this moment.
      }
    },
    at: async (topic, partition, offsets) => {
      const records: StoredRecord[] = []
      for (const offset of offsets)
        records.push(...(await range(topic, partition, offset, offset + 1, 1, oneBatch)))
      return records
    },
    oldestMs: async (topic, partition) => {
      const { first, next } = partitions.ledger(topic, partition)
      const [record] = await range(topic, partition, first, next, 1, oneBatch)
      return record?.appendedAtMs
    },
  }
}
