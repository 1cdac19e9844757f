import type { ItemReader } from './item-reader.ts'
import type { AccessEvent } from './read-event.ts'
import type { AuditIdSource, SeenRequest } from './seen-request.ts'
import type { ObservationWindow, WindowCounters, WindowTraits } from './window.ts'

/** All that an event adds to an observation but its stage, time and id: for the next one like it. */
export class PreparedEvent {
  readonly #window: ObservationWindow | undefined
  readonly #counters: WindowCounters | undefined
  readonly #find: () => readonly SeenRequest[]
  #requests: readonly SeenRequest[] | undefined

  constructor(
    window: ObservationWindow | undefined,
    traits: WindowTraits,
    find: () => readonly SeenRequest[],
  ) {
    this.#window = window
    this.#counters = window?.countersOf(traits)
    this.#find = find
  }

  count(stage: string, timeUs: number, source: AuditIdSource): void {
    if (this.#counters !== undefined) this.#window?.add(this.#counters, stage, timeUs)
    // There is no answer yet.
    if (stage === 'RequestReceived') return
    this.#requests ??= this.#find()
    for (const request of this.#requests) request.count(stage === 'ResponseStarted', timeUs, source)
  }
}

/** Events that differ in the name of their object only. */
export interface EventKind {
  readonly event: AccessEvent
  /** By `ItemReader.rawName`. */
  readonly byName: Map<string, PreparedEvent>
}

/** Some 600 bytes each. */
const maxEvents = 1 << 15

/** Events by what a reader of items says they have in common. Bounded: when it is full, all are forgotten. */
export class RecurringEvents {
  readonly #clusters = new Map<string, Map<number, Map<number, Map<string, EventKind>>>>()
  #count = 0
  #forgotten = 0

  /** The kind of the item that was read, made if it is new. */
  kind(cluster: string, reader: ItemReader, make: () => EventKind): EventKind {
    const { user, answer, kind, forgotten } = reader
    if (forgotten !== this.#forgotten) this.clear()
    this.#forgotten = forgotten
    const kinds = this.#clusters.get(cluster)?.get(user)?.get(answer)
    const found = kinds?.get(kind)
    if (found !== undefined) return found
    const made = make()
    const users = inserted(this.#clusters, cluster, () => new Map())
    const answers = inserted(users, user, () => new Map())
    inserted(answers, answer, () => new Map()).set(kind, made)
    return made
  }

  keep(kind: EventKind, rawName: string, event: PreparedEvent): void {
    if (this.#count >= maxEvents) this.clear()
    this.#count += 1
    kind.byName.set(rawName, event)
  }

  clear(): void {
    this.#clusters.clear()
    this.#count = 0
  }
}

function inserted<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
