import type { IndexedField, ItemIndex, SearchedField } from '../contracts.ts'
import { indexedFields, itemParts, searchedFields } from './item-keys.ts'
import type { Scanner } from './scanner.ts'

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

/** Columns of a scanner's rows, in their order. */
const TEXTS = indexedFields.length
const ANNOTATION_KEYS = TEXTS + searchedFields.length
const CERTAINLY_TRUE = ANNOTATION_KEYS + 1
const CERTAINLY_FALSE = ANNOTATION_KEYS + 2
const URI_START = ANNOTATION_KEYS + 3
const URI_END = ANNOTATION_KEYS + 4
const CLIENT = ANNOTATION_KEYS + 5
const AGENT = ANNOTATION_KEYS + 6
const FIRST_USER = ANNOTATION_KEYS + 7
const FIRST_REASON = ANNOTATION_KEYS + 8
const START = ANNOTATION_KEYS + 9
const END = ANNOTATION_KEYS + 10
const COLUMNS = END + 1

/** Collects items from the rows of a scanner. */
export class ItemTable {
  #count = 0
  #capacity = 0
  #cells = new Uint32Array(0)
  #timesUs = new Float64Array(0)
  #bodies = new Uint8Array(0)
  #partStarts = new Uint32Array(0)
  #partEnds = new Uint32Array(0)

  /** All rows that there are. */
  add({ memory: { buffer }, layout, rowCount }: Scanner, hasPlaces: boolean): void {
    const rows = rowCount()
    if (rows === 0) return
    this.#reserve(rows, hasPlaces)
    const first = this.#count
    for (let column = 0; column < COLUMNS; column++) {
      const cells = new Uint32Array(buffer, layout.CELLS + 4 * column * layout.ROWS, rows)
      this.#cells.set(cells, column * this.#capacity + first)
    }
    this.#timesUs.set(new Float64Array(buffer, layout.TIMES, rows), first)
    this.#bodies.set(new Uint8Array(buffer, layout.BODIES, rows), first)
    if (hasPlaces) {
      const parts = itemParts.length
      const starts = new Uint32Array(buffer, layout.ALL_PART_STARTS, rows * parts)
      const ends = new Uint32Array(buffer, layout.ALL_PART_ENDS, rows * parts)
      this.#partStarts.set(starts, first * parts)
      this.#partEnds.set(ends, first * parts)
    }
    this.#count += rows
  }

  toItems(hasPlaces: boolean): SplitItems {
    return {
      count: this.#count,
      starts: this.#column(START),
      ends: this.#column(END),
      columns: columnsFrom((column) => this.#column(column)),
      texts: textsFrom((text) => this.#column(TEXTS + text)),
      annotationKeys: this.#column(ANNOTATION_KEYS),
      certainlyTrue: this.#column(CERTAINLY_TRUE),
      certainlyFalse: this.#column(CERTAINLY_FALSE),
      timesUs: this.#timesUs.subarray(0, this.#count),
      clients: this.#column(CLIENT),
      agents: this.#column(AGENT),
      uriStarts: this.#column(URI_START),
      uriEnds: this.#column(URI_END),
      hasBody: this.#bodies.subarray(0, this.#count),
      ...(hasPlaces ? { places: this.#places() } : {}),
    }
  }

  #places(): ItemPlaces {
    return {
      starts: this.#partStarts.subarray(0, this.#count * itemParts.length),
      ends: this.#partEnds.subarray(0, this.#count * itemParts.length),
      firstUsers: this.#column(FIRST_USER),
      firstReasons: this.#column(FIRST_REASON),
    }
  }

  #column(column: number): Uint32Array {
    const start = column * this.#capacity
    return this.#cells.subarray(start, start + this.#count)
  }

  /** Exactly what is needed at first: most bodies are one stretch of rows. */
  #reserve(rows: number, hasPlaces: boolean): void {
    if (this.#count + rows <= this.#capacity) return
    const capacity = this.#count === 0 ? rows : Math.max(2 * this.#capacity, this.#count + rows)
    const cells = new Uint32Array(COLUMNS * capacity)
    for (let column = 0; column < COLUMNS; column++)
      cells.set(this.#column(column), column * capacity)
    this.#cells = cells
    this.#capacity = capacity
    const timesUs = new Float64Array(capacity)
    timesUs.set(this.#timesUs)
    this.#timesUs = timesUs
    const bodies = new Uint8Array(capacity)
    bodies.set(this.#bodies)
    this.#bodies = bodies
    if (!hasPlaces) return
    this.#partStarts = enlarged(this.#partStarts, capacity * itemParts.length)
    this.#partEnds = enlarged(this.#partEnds, capacity * itemParts.length)
  }
}

function enlarged(cells: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length)
  larger.set(cells)
  return larger
}
/** Times from their whole seconds and the rest. */
export function timesFrom(seconds: Uint32Array, microseconds: Uint32Array): Float64Array {
  const times = new Float64Array(seconds.length)
  for (let item = 0; item < times.length; item++)
    times[item] = seconds[item]! * 1_000_000 + microseconds[item]!
  return times
}

/** The same for the texts, by their number. */
export function textsFrom(
  make: (text: number) => Uint32Array,
): Readonly<Record<SearchedField, Uint32Array>> {
  return {
    requestURI: make(0),
    userAgent: make(1),
    'objectRef.name': make(2),
    'objectRef.namespace': make(3),
    'user.username': make(4),
  }
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
