import type { StateChange, StateRecord } from '../../contracts.ts'
import { RecencyMap } from '../../util/recency-map.ts'
import { createUnsaved } from './unsaved.ts'

interface Entry<V> {
  readonly value: V
  /** Grows from entry to entry. */
  readonly place: number
}

/** Small values by key, the newest `maxEntries` of them, and what has changed of them since it was last asked. */
export interface Kept<V> {
  readonly size: number
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
  const unsaved = createUnsaved()
  let nextPlace = 0
  const remove = (key: string): void => {
    if (entries.delete(key)) unsaved.remove(key)
  }
  return {
    get size() {
      return entries.size
    },
    get: (key) => entries.get(key)?.value,
    set: (key, value) => {
      entries.put(key, { value, place: nextPlace++ })
      unsaved.change(key)
      const oldest = entries.size > maxEntries ? entries.oldest() : undefined
      if (oldest !== undefined) remove(oldest[0])
    },
    delete: remove,
    takeChanges: () => {
      const { changed, gone } = unsaved.take()
      return [
        ...gone.map((key) => ({ key: prefix + key, value: undefined })),
        ...changed.map((key) => ({ key: prefix + key, value: encode(entries.get(key)) })),
      ]
    },
    restore: (records) => {
      const restored: [string, Entry<V>][] = []
      for (const { key, value } of records) {
        const [place, json] = decodeJson(value) as [number, unknown]
        const parsed = parse(json)
        const name = key.slice(prefix.length)
        unsaved.restored(name)
        if (parsed === undefined) unsaved.remove(name)
        else restored.push([name, { value: parsed, place }])
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
