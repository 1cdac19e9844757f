import { ABSENT, UNKNOWN } from '../util/hash.ts'
import type { BatchReader } from './batch-reader.ts'
import { eventKeys } from './item-keys.ts'
import { predicatesOn } from './known-predicates.ts'
import { ObjectWalk } from './object-walk.ts'

/** The order of an API server. */
const order = eventKeys.keys.map(({ name }) => name)
export const bodyKeys: readonly string[] = ['requestObject', 'responseObject']
/** The first behind the bodies. */
const behindBodies = 'requestReceivedTimestamp'
const behindBodiesKey = `"${behindBodies}":`
/** Less is walked over sooner than the way around it is found. */
const minBodyBytes = 1024

interface Place {
  /** Where an API server has it. */
  readonly section: number
  readonly isBehindBodies: boolean
  /** The predicate that is false where it is absent; 0 if there is none. */
  readonly presence: number
}

const places: ReadonlyMap<string, Place> = new Map(
  order.map((name, place) => [
    name,
    {
      section:
        place <= order.indexOf('requestURI') ? 0 : place <= order.indexOf('userAgent') ? 1 : 2,
      isBehindBodies: place >= order.indexOf(behindBodies),
      presence: bodyKeys.includes(name) ? predicatesOn(name) : 0,
    },
  ]),
)
/** Of a key that no API server writes. */
const anywhere: Place = { section: 0, isBehindBodies: false, presence: 0 }

/** Whether it is one of the members that API servers write. */
export function isMember(key: string): boolean {
  return places.has(key)
}

export function isBody(key: string): boolean {
  return bodyKeys.includes(key)
}

/**
 * One item, cut where the index knows texts: up to `requestURI`, up to `userAgent`, and what is left. The sections are walked as far as
 * need be; what stands behind large bodies is looked for from the end.
 */
export class ItemSections {
  readonly #reader: BatchReader
  readonly #item: number
  /** Where they begin, and the last one ends. */
  readonly #bounds: readonly number[]
  readonly #walks: (ObjectWalk | undefined)[] = [undefined, undefined, undefined]
  /** Over the members behind large bodies; null where there are none, or they are not found. */
  #tail: ObjectWalk | null | undefined
  /** Where that begins. */
  #tailStart = 0
  damagedAt: number | undefined

  constructor(reader: BatchReader, item: number) {
    this.#reader = reader
    this.#item = item
    const { starts, ends, texts } = reader.index
    const start = starts[item]!
    const end = ends[item]! - 1
    const uriEnd = textEnd(start, texts.requestURI[item]!)
    const agentEnd = textEnd(start, texts.userAgent[item]!)
    // Where those are not told, all is behind them.
    this.#bounds =
      uriEnd < agentEnd
        ? [start + 1, uriEnd, agentEnd, end]
        : [start + 1, start + 1, start + 1, end]
  }

  /** The walk that is at the member; undefined if there is none. */
  find(key: string): ObjectWalk | undefined {
    const { section: soonest, isBehindBodies, presence } = places.get(key) ?? anywhere
    if (this.#isSurelyFalse(presence)) return undefined
    if (isBehindBodies) {
      const tail = this.#behindBodies()
      if (tail?.find(key) === true) return tail
    }
    for (let turn = 0; turn < 3; turn++) {
      const section = this.#section((soonest + turn) % 3)
      if (section.find(key)) return section
      this.damagedAt ??= section.damagedAt
    }
    return undefined
  }

  /** The bytes of the bodies, and of all members between them, without braces; undefined where they are not told. */
  bodies(): { readonly start: number; readonly end: number } | undefined {
    if (this.#behindBodies() === null) return undefined
    const walk = this.#section(2)
    if (!bodyKeys.some((key) => !this.#isSurelyFalse(predicatesOn(key)) && walk.find(key)))
      return undefined
    const { view } = this.#reader
    let end = this.#tailStart
    while (view.getUint8(end - 1) <= SPACE) end--
    return { start: walk.memberStart, end: view.getUint8(end - 1) === COMMA ? end - 1 : end }
  }

  #isSurelyFalse(predicate: number): boolean {
    return (this.#reader.index.certainlyFalse[this.#item]! & predicate) !== 0
  }

  #section(number: number): ObjectWalk {
    const known = this.#walks[number]
    if (known !== undefined) return known
    const { view, values } = this.#reader
    const walk = new ObjectWalk(view, values, this.#bounds[number]!, this.#bounds[number + 1]!)
    this.#walks[number] = walk
    return walk
  }

  #behindBodies(): ObjectWalk | null {
    if (this.#tail === undefined) this.#tail = this.#findBehindBodies()
    return this.#tail
  }

  /**
   * Only members of the item itself are followed by nothing but members up to its end: inside a body, and behind them in the annotations, an
   * object would end before.
   */
  #findBehindBodies(): ObjectWalk | null {
    const { view, values } = this.#reader
    const [, , start = 0, end = 0] = this.#bounds
    if (end - start < minBodyBytes || this.#hasNoBody) return null
    this.#tailStart = this.#reader.lastIndexOf(behindBodiesKey, start, end)
    if (this.#tailStart < 0) return null
    const walk = new ObjectWalk(view, values, this.#tailStart, end)
    return walk.endsAtStop() ? walk : null
  }

  get #hasNoBody(): boolean {
    return (this.#reader.index.certainlyFalse[this.#item]! & bodyBits) === bodyBits
  }
}

const bodyBits = bodyKeys.reduce((bits, key) => bits | predicatesOn(key), 0)
const COMMA = 0x2c
const SPACE = 0x20

/** Behind the closing quote of a text; not a number if its place is not known. */
function textEnd(itemStart: number, place: number): number {
  if (place === ABSENT || place === UNKNOWN) return Number.NaN
  return itemStart + (place >>> 16) + (place & 0xffff) + 1
}
