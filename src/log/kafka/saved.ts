import type { StateRecord } from '../../contracts.ts'
import type { Fetcher } from './fetcher.ts'
import { checkVersion, plainBytes } from './messages.ts'
import type { Names, Place } from './names.ts'

/**
 * How far a group has come in a partition. `epoch` counts the replays; `step` counts the commits, and with the process that
 * wrote it tells whether one was stored.
 */
export interface Cursor {
  readonly offset: number
  readonly epoch: number
  readonly step: number
  readonly writer: string
}

/** What the state topic holds for a place. */
export interface Saved {
  readonly cursor: Cursor | undefined
  /** By their place. */
  readonly keyChunks: ReadonlyMap<string, Uint8Array>
  /** By key. */
  readonly state: ReadonlyMap<string, Uint8Array>
}

/** Keys in the state topic: `events/detect/0/cursor`, `…/keys/17`, `…/state/correlation/…`. */
export function savedKeys(place: Place) {
  const prefix = `${place.topic}/${encodeURIComponent(place.group)}/${place.partition}/`
  return {
    prefix,
    cursor: `${prefix}cursor`,
    keyChunk: (chunk: string) => `${prefix}keys/${chunk}`,
    state: (key: string) => `${prefix}state/${key}`,
  }
}

export function encodeCursor(cursor: Cursor): Buffer {
  return Buffer.from(JSON.stringify(cursor))
}

const fetchBytes = 8 << 20

/** Reads all of a partition of the state topic, and keeps the last value of each key that begins so. */
export async function readLastValues(
  fetcher: Fetcher,
  topic: string,
  partition: number,
  prefix: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const values = new Map<string, Uint8Array>()
  const bounds = (await fetcher.bounds(topic, [partition])).get(partition)
  let offset = bounds?.first ?? 0
  while (offset < (bounds?.next ?? 0)) {
    const { messages, nextOffset } = await fetcher.fetch({
      topic,
      partition,
      offset,
      maxBytes: fetchBytes,
      maxWaitMs: 0,
    })
    for (const message of messages) {
      const key = message.key?.toString() ?? ''
      if (!key.startsWith(prefix)) continue
      checkVersion(message, topic)
      if (message.value === null) values.delete(key)
      else values.set(key, plainBytes(message.value))
    }
    offset = nextOffset
  }
  return values
}

export async function readSaved(fetcher: Fetcher, names: Names, place: Place): Promise<Saved> {
  const keys = savedKeys(place)
  const partition = names.statePartition(place)
  const values = await readLastValues(fetcher, names.stateTopic, partition, keys.prefix)
  const below = (prefix: string): [string, Uint8Array][] =>
    [...values]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value])
  const cursor = values.get(keys.cursor)
  return {
    cursor: cursor === undefined ? undefined : decodeCursor(cursor),
    keyChunks: new Map(below(keys.keyChunk(''))),
    state: new Map(below(keys.state(''))),
  }
}

/** Written by `encodeCursor`: the version of the record says so. */
function decodeCursor(bytes: Uint8Array): Cursor {
  return JSON.parse(Buffer.from(bytes).toString()) as Cursor
}

/** Records by the order of their keys' bytes, as every log gives them. */
export function stateRecords(
  state: ReadonlyMap<string, Uint8Array>,
  prefix: string,
): readonly StateRecord[] {
  return [...state]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => ({ key, value }))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
}
