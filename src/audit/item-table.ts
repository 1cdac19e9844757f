import type { IndexedField, ItemIndex, SearchedField } from '../contracts.ts'
import { indexedFields, itemParts, recurring, searchedFields } from './item-keys.ts'
import type { ItemScanner } from './item-scan.ts'

/** What a split knows of its items beside the index; offsets are into the same bytes. */
export interface SplitItems extends ItemIndex {
  /**
   * The raw bytes between the quotes of `requestURI`; 0, 0 if absent.
   * Where the top level is doubtful (a repeated key, a key with an escape or a dot) it is the whole item.
   */
  readonly uriStarts: Uint32Array
  readonly uriEnds: Uint32Array
  /** 1 if `requestObject` or `responseObject` is present and not null, or may be. */
  readonly hasBody: Uint8Array
  /** If asked for. */
  readonly places?: ItemPlaces
}

/**
 * Where values stand, item by item. Nothing is known of items whose verb the index does not know: there a repeated key, or one
 * with an escape or a dot, may say something else.
 */
export interface ItemPlaces {
  /** At `item * itemParts.length + part`; 0 if absent. Of a text, the quotes are part of it. */
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  /** Where a user of the same bytes stands first, as far as that was remembered; 0 if absent. */
  readonly firstUsers: Uint32Array
  /** The same of `annotations.authorization.k8s.io/reason`; it says nothing where the reason is absent or empty. */
  readonly firstReasons: Uint32Array
}

const START = indexedFields.length
const END = START + 1
const ANNOTATION_KEYS = START + 2
const CERTAINLY_TRUE = START + 3
const CERTAINLY_FALSE = START + 4
const URI_START = START + 5
const URI_END = START + 6
const HAS_BODY = START + 7
const SECONDS = START + 8
const MICROSECONDS = START + 9
const CLIENT = START + 10
const AGENT = START + 11
const TEXTS = START + 12
const WIDTH = TEXTS + searchedFields.length

/** Collects the places of items. */
class PlaceTable {
  #starts = new Uint32Array(itemParts.length * 64)
  #ends = new Uint32Array(itemParts.length * 64)
  #firstUsers = new Uint32Array(64)
  #firstReasons = new Uint32Array(64)
  #count = 0

  add({ partStarts, partEnds, firsts }: ItemScanner): void {
    const at = this.#count * itemParts.length
    if (at === this.#starts.length) {
      this.#starts = twice(this.#starts)
      this.#ends = twice(this.#ends)
      this.#firstUsers = twice(this.#firstUsers)
      this.#firstReasons = twice(this.#firstReasons)
    }
    this.#starts.set(partStarts, at)
    this.#ends.set(partEnds, at)
    this.#firstUsers[this.#count] = firsts[recurring.user]!
    this.#firstReasons[this.#count] = firsts[recurring.reason]!
    this.#count++
  }

  toPlaces(): ItemPlaces {
    const count = this.#count
    return {
      starts: this.#starts.subarray(0, count * itemParts.length),
      ends: this.#ends.subarray(0, count * itemParts.length),
      firstUsers: this.#firstUsers.subarray(0, count),
      firstReasons: this.#firstReasons.subarray(0, count),
    }
  }
}

function twice(cells: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * cells.length)
  larger.set(cells)
  return larger
}

/** Collects scanned items, row by row, and gives them as columns. */
export class ItemTable {
  readonly #places: PlaceTable | undefined
  #cells = new Uint32Array(WIDTH * 16)
  #count = 0

  constructor(notesPlaces: boolean) {
    if (notesPlaces) this.#places = new PlaceTable()
  }

  get count(): number {
    return this.#count
  }

  add(start: number, end: number, item: ItemScanner): void {
    const row = this.#count * WIDTH
    if (row + WIDTH > this.#cells.length) {
      const larger = new Uint32Array(this.#cells.length * 4)
      larger.set(this.#cells)
      this.#cells = larger
    }
    const cells = this.#cells
    for (let column = 0; column < START; column++) cells[row + column] = item.columns[column]!
    cells[row + START] = start
    cells[row + END] = end
    cells[row + ANNOTATION_KEYS] = item.annotationKeys
    cells[row + CERTAINLY_TRUE] = item.predicates.certainlyTrue
    cells[row + CERTAINLY_FALSE] = item.predicates.certainlyFalse
    cells[row + URI_START] = item.uriStart
    cells[row + URI_END] = item.uriEnd
    cells[row + HAS_BODY] = item.hasBody ? 1 : 0
    const seconds = Math.floor(item.timeUs / 1_000_000)
    cells[row + SECONDS] = seconds
    cells[row + MICROSECONDS] = item.timeUs - seconds * 1_000_000
    cells[row + CLIENT] = item.client
    cells[row + AGENT] = item.agent
    for (let text = 0; text < item.texts.length; text++) {
      cells[row + TEXTS + text] = item.texts[text]!
    }
    this.#count++
    this.#places?.add(item)
  }

  toItems(): SplitItems {
    return {
      count: this.#count,
      starts: this.#column(START),
      ends: this.#column(END),
      columns: columnsFrom((column) => this.#column(column)),
      texts: textsFrom((text) => this.#column(TEXTS + text)),
      annotationKeys: this.#column(ANNOTATION_KEYS),
      certainlyTrue: this.#column(CERTAINLY_TRUE),
      certainlyFalse: this.#column(CERTAINLY_FALSE),
      timesUs: timesFrom(this.#column(SECONDS), this.#column(MICROSECONDS)),
      clients: this.#column(CLIENT),
      agents: this.#column(AGENT),
      uriStarts: this.#column(URI_START),
      uriEnds: this.#column(URI_END),
      hasBody: Uint8Array.from(this.#column(HAS_BODY)),
      ...(this.#places === undefined ? {} : { places: this.#places.toPlaces() }),
    }
  }

  #column(column: number): Uint32Array {
    const values = new Uint32Array(this.#count)
    const cells = this.#cells
    for (let row = 0, cell = column; row < values.length; row++, cell += WIDTH) {
      values[row] = cells[cell]!
    }
    return values
  }
}

/** Times from their whole seconds and the rest. */
export function timesFrom(seconds: Uint32Array, microseconds: Uint32Array): Float64Array {
  return Float64Array.from(seconds, (second, item) => second * 1_000_000 + microseconds[item]!)
}

/** The same for the texts, by their number. */
export function textsFrom(
  make: (text: number) => Uint32Array,
): Readonly<Record<SearchedField, Uint32Array>> {
  return { requestURI: make(0), userAgent: make(1), 'objectRef.name': make(2) }
}

/** The record of columns, one made for each indexed field by its number. */
export function columnsFrom(
  make: (column: number) => Uint32Array,
): Readonly<Record<IndexedField, Uint32Array>> {
  return {
    verb: make(0),
    stage: make(1),
    'objectRef.apiGroup': make(2),
    'objectRef.resource': make(3),
    'objectRef.subresource': make(4),
    'user.username': make(5),
    'impersonatedUser.username': make(6),
    'responseStatus.code': make(7),
  }
}
