import type { StateChange, StateRecord } from '../../contracts.ts'
import { RecencyMap } from '../../util/recency-map.ts'

interface Entry<V> {
  readonly value: V
  /** Grows from entry to entry. */
  readonly place: number
}

/** Small values by key, the newest `maxEntries` of them, and what has changed of them since it was last asked. */
export interface Kept<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
  takeChanges(): StateChange[]
  /** True for a record of its own. */
  restore(records: readonly StateRecord[]): void
}

/** `parse` gives undefined for what it does not know any more; that is dropped. Records are called `<prefix><key>`. */
export function createKept<V>(
  prefix: string,
  maxEntries: number,
  parse: (json: unknown) => V | undefined,
): Kept<V> {
  const entries = new RecencyMap<string, Entry<V>>()
  const changed = new Set<string>()
  let nextPlace = 0
  const remove = (key: string): void => {
    if (entries.delete(key)) changed.add(key)
  }
  return {
    get: (key) => entries.get(key)?.value,
    set: (key, value) => {
      entries.put(key, { value, place: nextPlace++ })
      changed.add(key)
      const oldest = entries.size > maxEntries ? entries.oldest() : undefined
      if (oldest !== undefined) remove(oldest[0])
    },
    delete: remove,
    takeChanges: () => {
      const changes = [...changed].map((key) => ({
        key: prefix + key,
        value: encode(entries.get(key)),
      }))
      changed.clear()
      return changes
    },
    restore: (records) => {
      const restored: [string, Entry<V>][] = []
      for (const { key, value } of records) {
        const [place, json] = decodeJson(value) as [number, unknown]
        const parsed = parse(json)
        if (parsed === undefined) changed.add(key.slice(prefix.length))
        else restored.push([key.slice(prefix.length), { value: parsed, place }])
      }
      for (const [key, entry] of restored.sort(([, a], [, b]) => a.place - b.place)) {
        entries.put(key, entry)
        nextPlace = entry.place + 1
      }
    },
  }
}

function encode<V>(entry: Entry<V> | undefined): Uint8Array | undefined {
  return entry === undefined ? undefined : encodeJson([entry.place, entry.value])
}

export function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

/** Records are written by `encodeJson` alone. */
export function decodeJson(value: Uint8Array): unknown {
  return JSON.parse(Buffer.from(value).toString('utf8'))
}
