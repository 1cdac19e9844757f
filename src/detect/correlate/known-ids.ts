import { eventIdOf, identityLength, uuidOf } from '../../audit/identity.ts'

/** The ids of an event, as texts. */
export interface EventIds {
  readonly id: string
  /** Meaningless where the words hold no UUID. */
  readonly auditID: string
}

interface Known extends EventIds {
  readonly words: Uint32Array
}

const size = 1024

/**
 * The ids of the events that were told of last: the window of one match has nearly all events of the one before. Where two
 * events want one place, the later one has it.
 */
export class KnownIds {
  readonly #known: (Known | undefined)[] = Array.from({ length: size })

  /** The words of an identity begin at a place. */
  of(words: Uint32Array, at: number): EventIds {
    const own = words.subarray(at, at + identityLength)
    const place = own[identityLength - 1]! % size
    const known = this.#known[place]
    if (known?.words.every((word, i) => word === own[i]) === true) return known
    const ids = { words: own.slice(), id: eventIdOf(own), auditID: uuidOf(own) }
    this.#known[place] = ids
    return ids
  }
}
