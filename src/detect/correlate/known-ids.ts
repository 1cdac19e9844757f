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
    const place = words[at + identityLength - 1]! % size
    const known = this.#known[place]
    if (known !== undefined && isAt(words, at, known.words)) return known
    const own = words.slice(at, at + identityLength)
    const ids = { words: own, id: eventIdOf(own), auditID: uuidOf(own) }
    this.#known[place] = ids
    return ids
  }
}

function isAt(words: Uint32Array, at: number, known: Uint32Array): boolean {
  for (let i = 0; i < identityLength; i++) if (words[at + i] !== known[i]) return false
  return true
}
