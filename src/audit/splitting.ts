import { isUtf8 } from 'node:buffer'
import { isItemsKey, isListAt, type ListSign } from './classify.ts'
import { damageEnd, isElementFollowed } from './damage.ts'
import type { ItemScanner } from './item-scan.ts'
import { colonEnd, invalidAt, spaceEnd, stringEnd, UNFINISHED, ValueScanner } from './json-scan.ts'
import { BracketWalk, isOpening } from './lenient.ts'
import { type RejectReason, rejectReasons, type SplitReject } from './reject.ts'
import type { SplitChunk, SplitOptions } from './split.ts'

/** What the next bytes are in; undefined = outside of everything. */
type Container = 'array' | 'list' | 'items' | undefined

const COMMA = 0x2c
const NEWLINE = 0x0a
/** With nothing good between them; the last one takes in what follows. */
const MAX_REJECTS_IN_ROW = 1000

/**
 * The state of one split: which containers are open. It sees the input through windows, of which each begins where the
 * last one said that it was left (`position`).
 *
 *   input   = { element }                         one after another
 *   element = event | list | array | anything     only an input holds arrays; only an input and an array hold lists
 *   list    = "{" members, of which `items` = "[" { element } "]" "}"
 *
 * Commas are not insisted on: nothing is lost by a missing one.
 */
export class Splitting {
  /** The first byte of the last window that was not used up. */
  position = 0
  readonly maxItemBytes: number
  readonly #maxDepth: number
  readonly #takesAnyObject: boolean
  readonly #keepsObjects: boolean
  readonly #item: ItemScanner
  readonly #values = new ValueScanner()
  #containers: Container[] = []
  /** Where the window begins in the input, and the byte before it. */
  #base = 0
  #byteBefore = NEWLINE
  #bytes: Uint8Array = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)
  #isFinal = false
  #isUtf8 = true
  readonly #notesPlaces: boolean
  #rejects: SplitReject[] = []
  /** Walks over what is left of an item that was too large. */
  #skipping: BracketWalk | undefined
  /** Some JSON was met: from then on every line of something else is a reject of its own. */
  #hasBegun = false
  /** What came last was rejected for its form, so that a container without an end is no news. */
  #isDamaged = false

  #rejectsInRow = 0

  constructor(options: SplitOptions, scanner: ItemScanner) {
    this.#item = scanner
    this.#notesPlaces = options.notesPlaces ?? false
    this.#maxDepth = options.maxDepth ?? 100
    this.#takesAnyObject = options.accepts === 'objects'
    this.#keepsObjects = options.accepts === 'exports'
    this.maxItemBytes = options.maxItemBytes ?? 64 * 1024 * 1024
  }

  run(bytes: Uint8Array, isFinal: boolean): SplitChunk {
    this.position = 0
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#item.look(bytes, this.#notesPlaces)
    this.#isFinal = isFinal
    this.#isUtf8 = isUtf8(bytes)
    this.#rejects = []
    while (this.#step()) {
      // Every step uses bytes up or leaves a container.
    }
    if (isFinal && this.#containers.length > 0) this.#abandon(bytes.length)
    this.#byteBefore = this.#byteAt(this.position - 1)
    this.#base += this.position
    return { bytes, items: this.#item.takeItems(), rejects: this.#rejects }
  }

  get #listSign(): ListSign {
    return this.#takesAnyObject ? 'kindAndItems' : 'kindOrItems'
  }

  get #container(): Container {
    return this.#containers.at(-1)
  }

  /** False when the bytes are used up, or those that are left need more to be understood. */
  #step(): boolean {
    if (this.#skipping !== undefined) return this.#skip(this.#skipping)
    return this.#container === 'list' ? this.#member() : this.#element()
  }

  #element(): boolean {
    const start = this.#skipSeparators()
    const container = this.#container
    switch (this.#bytes[start]) {
      case undefined:
        return false
      case 0x7b: {
        if (this.#run(start)) return true
        // Not asked of each item of an apiserver's body: those are events.
        const isList =
          (container !== 'items' || this.#isDocumentAt(start)) &&
          isListAt(this.#view, start, this.#stop(start), this.#values, this.#listSign)
        if (isList === UNFINISHED && this.#mayWait(start)) return false
        if (isList !== true) return this.#object(start)
        // A list on a line of its own, inside another one: that one was cut.
        if (container === 'items') this.#abandon(start)
        return this.#enter('list', start + 1)
      }
      case 0x5b:
        if (container !== undefined && this.#isDocumentAt(start)) this.#abandon(start)
        return this.#container === undefined ? this.#enter('array', start + 1) : this.#other(start)
      case 0x5d:
        return container === undefined ? this.#other(start) : this.#leave(start + 1)
      default:
        return this.#other(start)
    }
  }

  /** Ordinary events that follow on each other, as nearly all do. */
  #run(start: number): boolean {
    const isInList = this.#container === 'items'
    if (!this.#isUtf8 || (this.#container !== undefined && !isInList)) return false
    const { maxItemBytes } = this
    const end = this.#item.run(start, { maxItemBytes, maxDepth: this.#maxDepth, isInList })
    if (end === start) return false
    this.#isDamaged = false
    this.#rejectsInRow = 0
    this.#hasBegun = true
    return this.#moveTo(end)
  }

  /** An object that should be an event. */
  #object(start: number): boolean {
    const end = this.#item.scan(start, this.#stop(start))
    if (end < 0) return this.#incomplete(start, end)
    const isFollowed = this.#isFollowed(start, end)
    if (isFollowed === undefined) return false
    if (!isFollowed) return this.#damaged(start, 'invalid_json')
    this.#isDamaged = false
    if (!this.#isUtf8 && !isUtf8(this.#bytes.subarray(start, end))) {
      return this.#reject('invalid_utf8', start, end)
    }
    if (this.#item.depth > this.#maxDepth) return this.#reject('too_deep', start, end)
    if (!this.#takesAnyObject && !this.#item.isEvent(start, end))
      return this.#reject('not_an_event', start, end)
    this.#item.add(start, end)
    this.#rejectsInRow = 0
    this.#hasBegun = true
    return this.#moveTo(end)
  }

  /** Anything else where an event should be. */
  #other(start: number): boolean {
    const end = this.#values.end(this.#view, start, this.#stop(start), 0)
    if (end < 0) return this.#incomplete(start, end)
    const isFollowed = this.#isFollowed(start, end)
    if (isFollowed === undefined) return false
    if (!isFollowed) return this.#damaged(start, 'invalid_json')
    this.#isDamaged = false
    return this.#reject('not_an_object', start, end)
  }

  /** A key and its value in a list. Values are only walked over: wrappers are not kept. */
  #member(): boolean {
    const bytes = this.#bytes
    const view = this.#view
    const start = this.#skipSeparators()
    const first = bytes[start]
    if (first === undefined) return false
    if (first === 0x7d) return this.#leave(start + 1)
    if (isOpening(first)) return this.#abandon(start)
    const stop = this.#stop(start)
    const keyEnd = first === 0x22 ? stringEnd(view, start + 1, stop) : invalidAt(start)
    const value = keyEnd < 0 ? keyEnd : colonEnd(view, keyEnd + 1, stop)
    const isItems = value >= 0 && isItemsKey(view, start + 1, keyEnd, this.#listSign)
    if (isItems && bytes[value] === 0x5b) return this.#enter('items', value + 1)
    const end = value < 0 ? value : this.#values.end(view, value, stop, 0)
    if (end < 0) {
      if (!this.#incomplete(start, end)) return false
      if (end !== UNFINISHED) this.#containers = []
      return true
    }
    if (isItems && bytes[value] !== 0x6e) return this.#reject('not_an_object', value, end)
    return this.#moveTo(end)
  }

  /** What has no end, by the code that says why. */
  #incomplete(start: number, code: number): boolean {
    if (code !== UNFINISHED) return this.#damaged(start, 'invalid_json')
    if (this.#mayWait(start)) return false
    const stop = this.#stop(start)
    if (stop - start < this.maxItemBytes) {
      const first = this.#bytes[start]
      const hasEnd = first === 0x22 || isOpening(first)
      return this.#damaged(start, hasEnd ? 'truncated' : 'invalid_json')
    }
    const walk = new BracketWalk()
    const end = walk.end(this.#bytes, start, stop)
    if (end === UNFINISHED) this.#skipping = walk
    this.#isDamaged = true
    return this.#reject('too_large', start, end === UNFINISHED ? stop : end)
  }

  /** Rejects from `start` up to where something sound may begin. */
  #damaged(start: number, reason: 'invalid_json' | 'truncated'): boolean {
    const stop = this.#stop(start)
    // In steps, for each damage would otherwise cost as much as all that is left.
    for (let reach = 4096; ; reach *= 2) {
      const isAll = start + reach >= stop
      const mayWait = !isAll || this.#mayWait(start)
      const end = damageEnd(start, isAll ? stop : start + reach, {
        bytes: this.#bytes,
        view: this.#view,
        item: this.#item,
        isOutside: this.#container === undefined,
        isLineStart: this.#isLineStart(start),
        hasBegun: this.#hasBegun,
        mayWait,
      })
      if (end !== UNFINISHED) {
        this.#isDamaged = true
        const isKnown = reason === 'truncated' || this.#isUtf8
        const isText = isKnown || isUtf8(this.#bytes.subarray(start, end))
        return this.#reject(isText ? reason : 'invalid_utf8', start, end)
      }
      if (isAll) return false
    }
  }

  #isFollowed(start: number, end: number): boolean | undefined {
    const isOutside = this.#container === undefined
    const isFollowed = isElementFollowed(this.#bytes, end, isOutside, this.#isLineStart(start))
    return isFollowed ?? (this.#mayWait(start) ? undefined : true)
  }

  /** Where the bytes end that are looked at for something that begins at `start`. */
  #stop(start: number): number {
    return Math.min(this.#bytes.length, start + this.maxItemBytes)
  }

  /** More bytes may come, and something that begins at `start` may have them. */
  #mayWait(start: number): boolean {
    return !this.#isFinal && this.#bytes.length - start < this.maxItemBytes
  }

  /** Moves over white space and commas, and byte order marks outside of everything. */
  #skipSeparators(): number {
    const bytes = this.#bytes
    let i = this.position
    for (;;) {
      i = spaceEnd(this.#view, i, bytes.length)
      if (bytes[i] === COMMA) i++
      else if (this.#container !== undefined || !isMarkAt(bytes, i)) break
      else if (i + 3 <= bytes.length) i += 3
      else if (this.#isFinal) break
      else {
        this.position = i
        return bytes.length
      }
    }
    this.position = i
    return i
  }

  /** A line begins with this bracket, so it may be a document of its own. */
  #isDocumentAt(start: number): boolean {
    return isOpening(this.#bytes[start]) && this.#isLineStart(start)
  }

  #isLineStart(start: number): boolean {
    return this.#byteAt(start - 1) === NEWLINE
  }

  #byteAt(i: number): number {
    return i < 0 ? this.#byteBefore : this.#bytes[i]!
  }

  #moveTo(position: number): true {
    this.position = position
    return true
  }

  #enter(container: Container, position: number): true {
    this.#containers.push(container)
    this.#hasBegun = true
    this.#isDamaged = false
    return this.#moveTo(position)
  }

  #leave(position: number): true {
    this.#containers.pop()
    return this.#moveTo(position)
  }

  /** The containers have no end. That is worth a reject, though an empty one, unless one was made of the damage already. */
  #abandon(position: number): true {
    if (!this.#isDamaged) this.#reject('truncated', position, position)
    this.#containers = []
    return this.#moveTo(position)
  }

  #skip(walk: BracketWalk): boolean {
    const end = walk.end(this.#bytes, this.position, this.#bytes.length)
    this.position = end === UNFINISHED ? this.#bytes.length : end
    if (end === UNFINISHED) return false
    this.#skipping = undefined
    return true
  }

  #reject(reason: RejectReason, start: number, end: number): true {
    if (isOpening(this.#bytes[start])) this.#hasBegun = true
    const last = this.#rejects.at(-1)
    const isKept = this.#keepsObjects && reason === 'not_an_event'
    if (!isKept && ++this.#rejectsInRow > MAX_REJECTS_IN_ROW && last !== undefined) {
      this.#rejects[this.#rejects.length - 1] = { ...last, end }
    } else {
      const message = rejectReasons[reason]
      this.#rejects.push({ reason, offset: this.#base + start, start, end, message })
    }
    return this.#moveTo(end)
  }
}

/** A byte order mark, or what the bytes hold of one. */
function isMarkAt(bytes: Uint8Array, i: number): boolean {
  return (
    bytes[i] === 0xef &&
    (i + 1 >= bytes.length || bytes[i + 1] === 0xbb) &&
    (i + 2 >= bytes.length || bytes[i + 2] === 0xbf)
  )
}
