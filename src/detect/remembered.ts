import type { StateChange, StateRecord } from '../contracts.ts'

/** What a value has to have for its place in the order of forgetting. */
export interface Dated {
  /** The newest slot of time in which it was of use. */
  slot: number
}

export interface RememberedOptions<V> {
  /** Of the keys of its records; with a version that changes when values do, and a slash at the end. */
  readonly prefix: string
  readonly maxKeys: number
  /** Of keys and values together, as far as they are told of. */
  readonly maxBytes?: number
  /** What a value takes, about; its changes are told to `changed`. Default: values count for nothing. */
  readonly sizeOf?: (value: V) => number
  /** Told of every value that goes. */
  readonly onGone?: (key: string, value: V) => void
}

/** About what a key takes beside its text. */
const keyBytes = 120

/**
 * A map of bounded size whose changes are saved, a record of JSON a key. When it is full, the sixteenth part that was of
 * use longest ago goes, equal ones by their keys: what is forgotten does not depend on when the process was restarted.
 */
export class Remembered<V extends Dated> {
  readonly #options: RememberedOptions<V>
  readonly #values = new Map<string, V>()
  readonly #changed = new Set<string>()
  #forgotten = 0
  #bytes = 0

  constructor(options: RememberedOptions<V>) {
    this.#options = options
  }

  /** How many values went because there was no room. */
  get forgotten(): number {
    return this.#forgotten
  }

  get size(): number {
    return this.#values.size
  }

  /** What keys and values take, about. */
  get bytes(): number {
    return this.#bytes
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  entries(): Iterable<readonly [string, V]> {
    return this.#values.entries()
  }

  /** Of a value that was changed in place, and takes so many bytes more. It may have to go. */
  changed(key: string, bytes = 0): void {
    this.#changed.add(key)
    this.#bytes += bytes
    this.#makeRoom(0)
  }

  add(key: string, value: V): V {
    this.#makeRoom(1)
    this.#put(key, value)
    this.#changed.add(key)
    return value
  }

  delete(key: string): void {
    const value = this.#values.get(key)
    if (value === undefined) return
    this.#values.delete(key)
    this.#bytes -= this.#bytesOf(key, value)
    this.#changed.add(key)
    this.#options.onGone?.(key, value)
  }

  takeChanges(): StateChange[] {
    const changes = Array.from(this.#changed, (key) => ({
      key: this.#options.prefix + key,
      value: recordOf(this.#values.get(key)),
    }))
    this.#changed.clear()
    return changes
  }

  keyOf({ key }: StateRecord): string {
    return key.slice(this.#options.prefix.length)
  }

  /** False for a record that is not of this map and version. */
  restore({ key, value }: StateRecord): boolean {
    const { prefix } = this.#options
    if (!key.startsWith(prefix)) return false
    // What stands under the prefix was written by `takeChanges`, from a value of this type.
    this.#put(key.slice(prefix.length), JSON.parse(Buffer.from(value).toString()) as V)
    return true
  }

  #put(key: string, value: V): void {
    this.#values.set(key, value)
    this.#bytes += this.#bytesOf(key, value)
  }

  #bytesOf(key: string, value: V): number {
    return key.length + keyBytes + (this.#options.sizeOf?.(value) ?? 0)
  }

  #isOver(wanted: number): boolean {
    const { maxKeys, maxBytes = Number.POSITIVE_INFINITY } = this.#options
    const { size } = this.#values
    return size + wanted > maxKeys || (this.#bytes > maxBytes && size > 1)
  }

  /** For so many keys more. */
  #makeRoom(wanted: number): void {
    if (!this.#isOver(wanted)) return
    const order = [...this.#values].sort(
      ([a, { slot }], [b, other]) => slot - other.slot || (a < b ? -1 : 1),
    )
    const least = Math.max(1, order.length >> 4)
    for (const [place, [key]] of order.entries()) {
      if (place >= least && !this.#isOver(wanted)) return
      this.delete(key)
      this.#forgotten += 1
    }
  }
}

function recordOf(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : Buffer.from(JSON.stringify(value))
}
