import type { Remembering, StateChange } from '../contracts.ts'
import { RecencyMap } from './recency-map.ts'

/** A map of plain values that is saved entry by entry, as JSON, with a cursor. */
export interface SavedMap<V> extends Remembering, Pick<RecencyMap<string, V>, 'get' | 'oldest'> {
  readonly size: number
  /** It is the newest entry now. */
  put(key: string, value: V): void
  delete(key: string): boolean
  /** Oldest first; may be changed while it is gone through. */
  entries(): [key: string, value: V][]
}

/**
 * `prefix` begins the keys of its records. `parse` gives the value of what was saved, or undefined when it cannot be used
 * any more: then it is removed. To restore it is to begin anew with what is given.
 */
export function createSavedMap<V>(
  prefix: string,
  parse: (json: unknown) => V | undefined,
): SavedMap<V> {
  const values = new RecencyMap<string, V>()
  const changed = new Set<string>()
  return {
    get size() {
      return values.size
    },
    get: (key) => values.get(key),
    oldest: () => values.oldest(),
    entries: () => values.entries(),
    put: (key, value) => {
      values.put(key, value)
      changed.add(key)
    },
    delete: (key) => {
      const wasThere = values.delete(key)
      if (wasThere) changed.add(key)
      return wasThere
    },
    restore: (records) => {
      for (const [key] of values.entries()) values.delete(key)
      changed.clear()
      for (const record of records) {
        const key = record.key.slice(prefix.length)
        const value = parseJson(record.value, parse)
        if (value === undefined) changed.add(key)
        else values.put(key, value)
      }
    },
    takeChanges: () => {
      const changes = [...changed].map((key): StateChange => {
        const value = values.get(key)
        return {
          key: `${prefix}${key}`,
          value: value === undefined ? undefined : Buffer.from(JSON.stringify(value)),
        }
      })
      changed.clear()
      return changes
    },
  }
}

function parseJson<V>(bytes: Uint8Array, parse: (json: unknown) => V | undefined): V | undefined {
  try {
    return parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    return undefined
  }
}
