import { foldedHashOfBytes, UNKNOWN } from '../util/hash.ts'
import { parseTimeUs } from '../util/time.ts'
import { annotationKeyBitOfBytes } from './annotation-families.ts'
import { recurringHash } from './client-hash.ts'
import { eventBits, eventOwnKeys, type Recurring, recurring, sureEventBits } from './item-keys.ts'
import { ItemTable, type SplitItems } from './item-table.ts'
import { PredicateNotes } from './predicate-notes.ts'
import { createScanner, fill, type Scanner } from './scanner.ts'
import { at } from './wire.ts'

const ALL_BITS = -1
const minuteBytes = 16
/** With memory for so much more than it needs, a scanner is given up. */
const spareBytes = 16 << 20

/**
 * One pass over the bytes of one item: validates it strictly and notes what the columns need. After `scan` has given an
 * end, it tells what it saw, until the next scan. The work is done by `assembly/item.ts`, on a copy of the bytes.
 */
export class ItemScanner {
  #scanner: Scanner
  #table = new ItemTable()
  #notesPlaces = false
  #bytes: Uint8Array = new Uint8Array(0)
  /** The copy of the bytes. */
  #input: Uint8Array = this.#bytes
  #view = new DataView(this.#bytes.buffer)
  readonly #notes = new PredicateNotes()

  constructor() {
    this.#scanner = this.#createScanner()
  }

  /** How deep it is nested; a flat object is 1. */
  get depth(): number {
    return this.#scanner.depth()
  }

  /** The item just scanned has a key that is an event's own, and `kind` does not say something else. */
  isEvent(start: number, end: number): boolean {
    const scanner = this.#scanner
    if (scanner.isDoubtful() === 0)
      return scanner.isOtherKind() === 0 && (scanner.seenKeys() & eventBits) !== 0
    const item: unknown = JSON.parse(Buffer.from(this.#bytes.subarray(start, end)).toString())
    const kind = at(item, 'kind')
    return (
      (typeof kind !== 'string' || kind === 'Event') &&
      eventOwnKeys.some((key) => at(item, key) !== undefined)
    )
  }

  /** It has both `auditID` and `stage`: no other object of Kubernetes does. */
  get isSurelyEvent(): boolean {
    const scanner = this.#scanner
    return scanner.isOtherKind() === 0 && (scanner.seenKeys() & sureEventBits) === sureEventBits
  }

  /** The bytes of the scans that follow, and no items yet. */
  look(bytes: Uint8Array, notesPlaces: boolean): void {
    if (this.#scanner.memory.buffer.byteLength > bytes.length * 2 + spareBytes)
      this.#scanner = this.#createScanner()
    const { memory, layout } = this.#scanner
    fill(this.#scanner, bytes)
    this.#bytes = bytes
    if (this.#input.buffer !== memory.buffer) {
      this.#input = new Uint8Array(memory.buffer, layout.INPUT)
      this.#view = new DataView(memory.buffer, layout.INPUT)
    }
    this.#notesPlaces = notesPlaces
    this.#table = new ItemTable()
    this.#scanner.beginRows(notesPlaces)
  }

  /** From the opening brace to the first byte behind the closing one, or a negative code. */
  scan(start: number, stop: number): number {
    return this.#scanner.scan(start, stop)
  }

  /** Adds the item just scanned to the items. */
  add(start: number, end: number): void {
    this.#makeRoom()
    this.#scanner.addRow(start, end)
  }

  /**
   * Scans and adds ordinary events that follow on each other from `start` on, each a line or, `isInList`, with a comma behind it.
   * Gives the place of what comes then. All bytes have to be UTF-8.
   */
  run(start: number, { maxItemBytes, maxDepth, isInList }: RunOptions): number {
    const stop = this.#bytes.length
    for (let from = start; ; ) {
      this.#makeRoom()
      const end = this.#scanner.run(from, stop, maxItemBytes, maxDepth, isInList)
      if (end === from || this.#hasRoom) return end
      from = end
    }
  }

  /** The items since the last call of `look`. */
  takeItems(): SplitItems {
    this.#flush()
    return this.#table.toItems(this.#notesPlaces)
  }

  get #hasRoom(): boolean {
    return this.#scanner.rowCount() < this.#scanner.layout.ROWS
  }

  #makeRoom(): void {
    if (!this.#hasRoom) this.#flush()
  }

  #flush(): void {
    this.#table.add(this.#scanner, this.#notesPlaces)
    this.#scanner.beginRows(this.#notesPlaces)
  }

  #createScanner(): Scanner {
    return createScanner({
      learn: (which, start, end, stop) => this.#learn(which as Recurring, start, end, stop),
      username: (start, stop) => this.#note(() => this.#notes.username(this.#view, start, stop)),
      groups: (start, stop) => this.#note(() => this.#notes.groups(this.#view, start, stop)),
      annotationBit: (start, end) => this.#annotationBit(start, end),
      minuteUs: (start) => this.#minuteUs(start),
    })
  }

  #learn(which: Recurring, start: number, end: number, stop: number): number {
    if (which !== recurring.user)
      this.#note(() => this.#notes.look(this.#view, start, end, stop, which))
    return recurringHash(this.#input, start, end, which)
  }

  #note(look: () => void): void {
    const notes = this.#notes
    notes.clear()
    look()
    this.#scanner.note(notes.holding, notes.doubtful)
  }

  #annotationBit(start: number, end: number): number {
    const hash = foldedHashOfBytes(this.#input, start, end)
    return hash === UNKNOWN ? ALL_BITS : annotationKeyBitOfBytes(this.#input, start, end, hash)
  }

  #minuteUs(start: number): number {
    const minute = this.#input.subarray(start, start + minuteBytes)
    return parseTimeUs(`${Buffer.from(minute).toString('latin1')}:00Z`) ?? -1
  }
}

interface RunOptions {
  readonly maxItemBytes: number
  readonly maxDepth: number
  readonly isInList: boolean
}
