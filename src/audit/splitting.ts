import { isUtf8 } from 'node:buffer'
import { beginsEventList, isItemsKey, isListAt, type ListSign } from './classify.ts'
import { damageEnd, isElementFollowed } from './damage.ts'
import type { ItemScanner } from './item-scan.ts'
import { colonEnd, invalidAt, stringEnd, UNFINISHED, ValueScanner } from './json-scan.ts'
import { BracketWalk, isOpening } from './lenient.ts'
import type { RejectReason } from './reject.ts'
import { RejectList } from './reject-list.ts'
import type { SplitChunk, SplitOptions } from './split.ts'
import { SplitWindow } from './split-window.ts'

/** What the next bytes are in; undefined = outside of everything. */
type Container = 'array' | 'list' | 'items' | undefined

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
  readonly maxItemBytes: number
  readonly #maxDepth: number
  readonly #takesAnyObject: boolean
  readonly #item: ItemScanner
  readonly #values = new ValueScanner()
  #containers: Container[] = []
  readonly #notesPlaces: boolean
  readonly #rejects: RejectList
  #window: SplitWindow
  /** Walks over what is left of an item that was too large. */
  #skipping: BracketWalk | undefined
  /** Some JSON was met: from then on every line of something else is a reject of its own. */
  #hasBegun = false
  /** What came last was rejected for its form, so that a container without an end is no news. */
  #isDamaged = false

  constructor(options: SplitOptions, scanner: ItemScanner) {
    this.#item = scanner
    this.#notesPlaces = options.notesPlaces ?? false
    this.#maxDepth = options.maxDepth ?? 100
    this.#takesAnyObject = options.accepts === 'objects'
    this.#rejects = new RejectList(options.accepts === 'exports')
    this.maxItemBytes = options.maxItemBytes ?? 64 * 1024 * 1024
    this.#window = new SplitWindow(new Uint8Array(0), false, this.maxItemBytes)
  }

  /** The first byte of the last window that was not used up. */
  get position(): number {
    return this.#window.position
  }

  run(bytes: Uint8Array, isFinal: boolean): SplitChunk {
    this.#window = new SplitWindow(bytes, isFinal, this.maxItemBytes, this.#window)
    this.#item.look(bytes, this.#notesPlaces)
    while (this.#step()) {
      // Every step uses bytes up or leaves a container.
    }
    if (isFinal && this.#containers.length > 0) this.#abandon(bytes.length)
    return { bytes, items: this.#item.takeItems(), rejects: this.#rejects.take() }
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
    const window = this.#window
    const container = this.#container
    const start = window.skipSeparators(container === undefined)
    switch (window.bytes[start]) {
      case undefined:
        return false
      case 0x7b: {
        if (this.#run(start)) return true
        // Not asked of each item of an apiserver's body: those are events.
        const isList =
          (container !== 'items' || window.isDocumentAt(start)) &&
          isListAt(window.view, start, window.stop(start), this.#values, this.#listSign)
        if (isList === UNFINISHED && window.mayWait(start)) return false
        if (isList !== true) return this.#object(start)
        // A list on a line of its own, inside another one: that one was cut.
        if (container === 'items') this.#abandon(start)
        return this.#enter('list', start + 1)
      }
      case 0x5b:
        if (container !== undefined && window.isDocumentAt(start)) this.#abandon(start)
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
    const { isUtf8, view, bytes } = this.#window
    if (!isUtf8 || (this.#container !== undefined && !isInList)) return false
    // Otherwise the whole of it would be scanned to tell that it is no event.
    if (!isInList && beginsEventList(view, start, bytes.length)) return false
    const { maxItemBytes } = this
    const end = this.#item.run(start, { maxItemBytes, maxDepth: this.#maxDepth, isInList })
    if (end === start) return false
    this.#isDamaged = false
    this.#rejects.endRow()
    this.#hasBegun = true
    return this.#moveTo(end)
  }

  /** An object that should be an event. */
  #object(start: number): boolean {
    const end = this.#item.scan(start, this.#window.stop(start))
    if (end < 0) return this.#incomplete(start, end)
    const isFollowed = this.#isFollowed(start, end)
    if (isFollowed === undefined) return false
    if (!isFollowed) return this.#damaged(start, 'invalid_json')
    this.#isDamaged = false
    if (!this.#window.isUtf8 && !isUtf8(this.#window.bytes.subarray(start, end))) {
      return this.#reject('invalid_utf8', start, end)
    }
    if (this.#item.depth > this.#maxDepth) return this.#reject('too_deep', start, end)
    if (!this.#takesAnyObject && !this.#item.isEvent(start, end))
      return this.#reject('not_an_event', start, end)
    this.#item.add(start, end)
    this.#rejects.endRow()
    this.#hasBegun = true
    return this.#moveTo(end)
  }

  /** Anything else where an event should be. */
  #other(start: number): boolean {
    const end = this.#values.end(this.#window.view, start, this.#window.stop(start), 0)
    if (end < 0) return this.#incomplete(start, end)
    const isFollowed = this.#isFollowed(start, end)
    if (isFollowed === undefined) return false
    if (!isFollowed) return this.#damaged(start, 'invalid_json')
    this.#isDamaged = false
    return this.#reject('not_an_object', start, end)
  }

  /** A key and its value in a list. Values are only walked over: wrappers are not kept. */
  #member(): boolean {
    const { bytes, view } = this.#window
    const start = this.#window.skipSeparators(false)
    const first = bytes[start]
    if (first === undefined) return false
    if (first === 0x7d) return this.#leave(start + 1)
    if (isOpening(first)) return this.#abandon(start)
    const stop = this.#window.stop(start)
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
    if (this.#window.mayWait(start)) return false
    const { bytes } = this.#window
    const stop = this.#window.stop(start)
    if (stop - start < this.maxItemBytes) {
      const first = bytes[start]
      const hasEnd = first === 0x22 || isOpening(first)
      return this.#damaged(start, hasEnd ? 'truncated' : 'invalid_json')
    }
    const walk = new BracketWalk()
    const end = walk.end(bytes, start, stop)
    if (end === UNFINISHED) this.#skipping = walk
    this.#isDamaged = true
    return this.#reject('too_large', start, end === UNFINISHED ? stop : end)
  }

  /** Rejects from `start` up to where something sound may begin. */
  #damaged(start: number, reason: 'invalid_json' | 'truncated'): boolean {
    const window = this.#window
    const isOutside = this.#container === undefined
    const end = damageEnd(start, { window, item: this.#item, isOutside, hasBegun: this.#hasBegun })
    if (end === UNFINISHED) return false
    this.#isDamaged = true
    const isKnown = reason === 'truncated' || window.isUtf8
    const isText = isKnown || isUtf8(window.bytes.subarray(start, end))
    return this.#reject(isText ? reason : 'invalid_utf8', start, end)
  }

  #isFollowed(start: number, end: number): boolean | undefined {
    const window = this.#window
    const isFollowed = isElementFollowed(window, start, end, this.#container === undefined)
    return isFollowed ?? (window.mayWait(start) ? undefined : true)
  }

  #moveTo(position: number): true {
    this.#window.position = position
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
    const { bytes, position } = this.#window
    const end = walk.end(bytes, position, bytes.length)
    this.#moveTo(end === UNFINISHED ? bytes.length : end)
    if (end === UNFINISHED) return false
    this.#skipping = undefined
    return true
  }

  #reject(reason: RejectReason, start: number, end: number): true {
    if (isOpening(this.#window.bytes[start])) this.#hasBegun = true
    this.#rejects.add(reason, this.#window.offsetOf(start), start, end)
    return this.#moveTo(end)
  }
}
