import type { IndexedField, SearchedField } from '../contracts.ts'
import { ABSENT, UNKNOWN } from '../util/hash.ts'
import { TextBytes } from '../util/text-bytes.ts'
import type { BatchReader } from './batch-reader.ts'
import type { InnerKey } from './inner-keys.ts'
import { eventKeys } from './item-keys.ts'
import { predicatesOn } from './known-predicates.ts'
import { ObjectWalk } from './object-walk.ts'
import type { WireObject } from './wire.ts'

/** What has to be asked of the decoded object. */
export const untold = Symbol('untold')

/** The place of each member of an event, in the order of an API server. */
const memberPlaces: ReadonlyMap<string, number> = new Map(
  eventKeys.keys.map(({ name }, place) => [name, place]),
)
const uriPlace = memberPlaces.get('requestURI') ?? 0
const agentPlace = memberPlaces.get('userAgent') ?? 0

/** The predicates that are false where a body is absent. */
const presenceBits: ReadonlyMap<string, number> = new Map(
  ['requestObject', 'responseObject'].map((key) => [key, predicatesOn(key)]),
)

/** Undefined for an item that has to be decoded: a key may stand there twice, have an escape or, at the top, a dot. */
export function membersOf(reader: BatchReader, item: number): ItemMembers | undefined {
  return reader.index.columns.verb[item] === UNKNOWN ? undefined : new ItemMembers(reader, item)
}

/**
 * The members of one item, each decoded by itself when it is asked for: most rules ask for a few small ones. Texts whose places
 * the index knows cut it into sections, which are walked as far as need be.
 */
export class ItemMembers {
  readonly #reader: BatchReader
  readonly #item: number
  readonly #known: Record<string, unknown> = {}
  #whole: WireObject | undefined
  /** Where the sections begin, and the last one ends: up to `requestURI`, up to `userAgent`, and what is left. */
  readonly #bounds: readonly [number, number, number, number]
  readonly #sections: (ObjectWalk | undefined)[] = [undefined, undefined, undefined]
  /** By the number of the parent: null if that is absent, untold if it is no object. */
  readonly #inner: (ObjectWalk | null | typeof untold | undefined)[] = []
  #damage: SyntaxError | undefined

  constructor(reader: BatchReader, item: number) {
    this.#reader = reader
    this.#item = item
    const { starts, ends, texts } = reader.index
    const start = starts[item]!
    const end = ends[item]! - 1
    const uriEnd = textEnd(start, texts.requestURI[item]!)
    const agentEnd = textEnd(start, texts.userAgent[item]!)
    // Where those are not told, all is in the last one.
    this.#bounds =
      uriEnd < agentEnd
        ? [start + 1, uriEnd, agentEnd, end]
        : [start + 1, start + 1, start + 1, end]
  }

  /** Why something that was asked for counts as absent: its bytes are no JSON, for the batch is damaged. */
  get damage(): SyntaxError | undefined {
    return this.#damage
  }

  /** An object that has the member as the item has it, and perhaps not the others. */
  with(key: string): WireObject {
    const known = this.#known
    if (this.#whole !== undefined || !memberPlaces.has(key)) return this.whole
    if (Object.hasOwn(known, key)) return known
    const found = this.#find(key)
    if (found !== undefined) known[key] = this.#valueAt(found)
    return known
  }

  /** The value of one of the members of an event: a text as `TextBytes` where it stands there as it is. */
  peek(key: string): unknown {
    const found = this.#find(key)
    if (found === undefined) return undefined
    const { valueStart, valueEnd } = found
    const text = this.#bytesOfText(valueStart, valueEnd) ?? this.#bytesOfList(valueStart, valueEnd)
    if (text !== undefined) return text
    return this.#valueAt(found)
  }

  /** The same of a field whose place the index may know; or untold. */
  peekText(field: SearchedField): unknown {
    const { starts, texts } = this.#reader.index
    const place = texts[field][this.#item]!
    if (place === ABSENT) return undefined
    if (place === UNKNOWN) return untold
    const start = starts[this.#item]! + (place >>> 16)
    const end = start + (place & 0xffff)
    return this.#bytesOfText(start - 1, end + 1) ?? this.#parse(start - 1, end + 1)
  }

  get whole(): WireObject {
    const { starts, ends } = this.#reader.index
    // The splitter takes objects only.
    this.#whole ??= (this.#parse(starts[this.#item]!, ends[this.#item]!) ?? {}) as WireObject
    return this.#whole
  }

  /** A text, number, boolean or null in one of its objects, undefined if it is absent; or untold. */
  scalar(inner: InnerKey): unknown {
    const found = this.#findInside(inner)
    return found instanceof ObjectWalk ? this.#scalarAt(found) : found
  }

  /** The same of any value. */
  inner(inner: InnerKey): unknown {
    const found = this.#findInside(inner)
    return found instanceof ObjectWalk ? this.#valueAt(found) : found
  }

  isAbsent(field: IndexedField): boolean {
    return this.#reader.index.columns[field][this.#item] === ABSENT
  }

  /** Of the stage; 0 where the bytes do not tell. */
  get timeUs(): number {
    return this.#reader.index.timesUs[this.#item]!
  }

  /** The text of a field, undefined if it is absent. */
  text(field: SearchedField): string | undefined | typeof untold {
    const { starts, texts } = this.#reader.index
    const place = texts[field][this.#item]!
    if (place === ABSENT) return undefined
    if (place === UNKNOWN) return untold
    const start = starts[this.#item]! + (place >>> 16)
    const text = this.#reader.text(start, start + (place & 0xffff))
    return text.includes('\\') ? untold : text
  }

  #bytesOfText(start: number, end: number): TextBytes | undefined {
    const { view } = this.#reader
    if (view.getUint8(start) !== QUOTE) return undefined
    return TextBytes.of(view, start + 1, end - 1)
  }

  /** Of a list of nothing but one text. */
  #bytesOfList(start: number, end: number): readonly [TextBytes] | undefined {
    const { view } = this.#reader
    if (end - start < 4 || view.getUint8(start) !== OPENING_BRACKET) return undefined
    if (view.getUint8(end - 2) !== QUOTE) return undefined
    const text = this.#bytesOfText(start + 1, end - 1)
    return text && [text]
  }

  #find(key: string): ObjectWalk | undefined {
    const bit = presenceBits.get(key)
    if (bit !== undefined && (this.#reader.index.certainlyFalse[this.#item]! & bit) !== 0)
      return undefined
    const place = memberPlaces.get(key) ?? 0
    const soonest = place <= uriPlace ? 0 : place <= agentPlace ? 1 : 2
    for (let turn = 0; turn < 3; turn++) {
      const section = this.#section((soonest + turn) % 3)
      if (section.find(key)) return section
      this.#noteDamage(section)
    }
    return undefined
  }

  #section(number: number): ObjectWalk {
    const { view, values } = this.#reader
    const known = this.#sections[number]
    if (known !== undefined) return known
    const walk = new ObjectWalk(view, values, this.#bounds[number]!, this.#bounds[number + 1]!)
    this.#sections[number] = walk
    return walk
  }

  /** Undefined if it is absent; or untold. */
  #findInside({ number, parent, key }: InnerKey): ObjectWalk | typeof untold | undefined {
    this.#inner[number] ??= this.#openInside(parent)
    const walk = this.#inner[number]
    if (walk === undefined || walk === null) return undefined
    if (walk === untold || walk.find(key)) return walk
    this.#noteDamage(walk)
    return undefined
  }

  #openInside(parent: string): ObjectWalk | null | typeof untold {
    const { view, values, index } = this.#reader
    // An annotation's key that has an escape may be any.
    if (parent === 'annotations' && index.annotationKeys[this.#item] === EVERY_KEY) return untold
    const found = this.#find(parent)
    if (found === undefined) return null
    const { valueStart, valueEnd } = found
    if (view.getUint8(valueStart) !== OPENING_BRACE) return untold
    return new ObjectWalk(view, values, valueStart + 1, valueEnd - 1)
  }

  #valueAt(found: ObjectWalk): unknown {
    const scalar = this.#scalarAt(found)
    return scalar === untold ? this.#parse(found.valueStart, found.valueEnd) : scalar
  }

  /** Untold for what is an object or array. */
  #scalarAt({ valueStart, valueEnd }: ObjectWalk): unknown {
    const reader = this.#reader
    const first = reader.view.getUint8(valueStart)
    if (first === QUOTE) {
      const text = reader.text(valueStart + 1, valueEnd - 1)
      return text.includes('\\') ? this.#parse(valueStart, valueEnd) : text
    }
    if (first === OPENING_BRACE || first === OPENING_BRACKET) return untold
    const text = reader.text(valueStart, valueEnd)
    if (text === 'null') return null
    return text === 'true' || text === 'false' ? text === 'true' : Number(text)
  }

  #parse(start: number, end: number): unknown {
    try {
      return this.#reader.value(start, end)
    } catch (error) {
      // JSON.parse throws nothing else.
      this.#damage ??= error as SyntaxError
      return undefined
    }
  }

  #noteDamage({ damagedAt }: ObjectWalk): void {
    if (damagedAt !== undefined)
      this.#damage ??= new SyntaxError(`no member of an object at byte ${damagedAt} of the batch`)
  }
}

const QUOTE = 0x22
const OPENING_BRACKET = 0x5b
const OPENING_BRACE = 0x7b
const EVERY_KEY = 0xffffffff

/** Behind the closing quote of a text; not a number if its place is not known. */
function textEnd(itemStart: number, place: number): number {
  if (place === ABSENT || place === UNKNOWN) return Number.NaN
  return itemStart + (place >>> 16) + (place & 0xffff) + 1
}
