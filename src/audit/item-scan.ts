import { ABSENT, combinedHash, foldedHashOfBytes, UNKNOWN } from '../util/hash.ts'
import { annotationKeyBitOfBytes } from './annotation-families.ts'
import { recurringHash } from './client-hash.ts'
import {
  agentText,
  annotationKeys,
  equalBytes,
  eventBits,
  eventKeys,
  eventKind,
  eventOwnKeys,
  expectedKeyAt,
  extraKeys,
  findKey,
  indexedFields,
  itemParts,
  type KeyRole,
  type KeyTable,
  type ObjectRole,
  type Recurring,
  recurring,
  searchedFields,
  sureEventBits,
  uriText,
  usernameColumn,
  userRole,
} from './item-keys.ts'
import { colonEnd, invalidAt, spaceEnd, stringEnd, UNFINISHED, ValueScanner } from './json-scan.ts'
import { mayBeOversized, oversizedBit } from './oversized.ts'
import { auditIdBit, auditIdBytes, isAuditIdAt } from './predicate-bytes.ts'
import { PredicateNotes } from './predicate-notes.ts'
import { StageTimes, stampBytes } from './stage-time.ts'
import { ValueMemo } from './value-memo.ts'
import { at } from './wire.ts'

const ALL_BITS = 0xffffffff
const ALL_SIGNED = -1

/**
 * One pass over the bytes of one item: validates it strictly and notes what the columns need.
 * After `scan` has given an end, the fields tell what it saw, until the next scan.
 *
 * A column never says what `JSON.parse` would contradict (there the last of equal keys wins), so whatever makes a
 * value doubtful makes it UNKNOWN: a parent that is no object, a value of another type, and for the whole item a repeated
 * key, a key with an escape, and one with a dot, because a literal key `user.username` wins over the path.
 */
export class ItemScanner {
  readonly columns = new Uint32Array(indexedFields.length)
  /** By `searchedFields`, as in `ItemIndex.texts`. */
  readonly texts = new Uint32Array(searchedFields.length)
  annotationKeys = 0
  uriStart = 0
  uriEnd = 0
  hasBody = false
  /** As in `ItemIndex.clients` and `.agents`. */
  client = ABSENT
  agent = ABSENT
  /** As in `ItemIndex.timesUs`. */
  timeUs = 0
  readonly predicates = new PredicateNotes()
  /** By `itemParts`: where its value begins and ends; 0, 0 if absent. Nothing is noted of what is doubtful. */
  readonly partStarts = new Uint32Array(itemParts.length)
  readonly partEnds = new Uint32Array(itemParts.length)
  /** By `recurring`: where the first value of the same bytes begins, as far as it was remembered. */
  readonly firsts = new Uint32Array(Object.keys(recurring).length)
  readonly #values = new ValueScanner()
  readonly #times = new StageTimes()
  #bytes: Uint8Array = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)
  /** By `recurring`; the samples are where the values of ordinary clusters differ. */
  readonly #memos = [
    new ValueMemo([30, 40, 52, 60]),
    new ValueMemo([2, 5, 8, 10]),
    new ValueMemo([1, 5, 9, 12]),
    new ValueMemo([40, 46, 58, 64]),
  ]
  /** Of the values in hand, by `recurring`. */
  readonly #hashes = [ABSENT, ABSENT, ABSENT, ABSENT]
  #start = 0
  #seen = 0
  #isDoubtful = false
  #isOtherKind = false

  /** How deep it is nested; a flat object is 1. */
  get depth(): number {
    return this.#values.deepest
  }

  /** The item just scanned has a key that is an event's own, and `kind` does not say something else. */
  isEvent(start: number, end: number): boolean {
    if (!this.#isDoubtful) return !this.#isOtherKind && (this.#seen & eventBits) !== 0
    const item: unknown = JSON.parse(Buffer.from(this.#bytes.subarray(start, end)).toString())
    const kind = at(item, 'kind')
    return (
      (typeof kind !== 'string' || kind === 'Event') &&
      eventOwnKeys.some((key) => at(item, key) !== undefined)
    )
  }

  /** It has both `auditID` and `stage`: no other object of Kubernetes does. */
  get isSurelyEvent(): boolean {
    return !this.#isOtherKind && (this.#seen & sureEventBits) === sureEventBits
  }

  /** The bytes of the scans that follow. */
  look(bytes: Uint8Array, view: DataView): void {
    this.#bytes = bytes
    this.#view = view
    for (const memo of this.#memos) memo.clear()
  }

  /** From the opening brace to the first byte behind the closing one, or a negative code. */
  scan(start: number, stop: number): number {
    this.columns.fill(ABSENT)
    this.texts.fill(ABSENT)
    this.partStarts.fill(0)
    this.partEnds.fill(0)
    this.#start = start
    this.annotationKeys = 0
    this.uriStart = 0
    this.uriEnd = 0
    this.hasBody = false
    this.timeUs = 0
    this.#hashes.fill(ABSENT)
    this.predicates.clear()
    this.#values.deepest = 0
    this.#seen = 0
    this.#isDoubtful = false
    this.#isOtherKind = false
    const end = this.#members(start, stop, eventKeys, 1)
    if (this.#isDoubtful && end >= 0) {
      this.columns.fill(UNKNOWN)
      this.texts.fill(UNKNOWN)
      this.annotationKeys = ALL_BITS
      this.uriStart = start
      this.uriEnd = end
      this.hasBody = true
      this.timeUs = 0
      this.client = UNKNOWN
      this.agent = UNKNOWN
      this.predicates.doubtAll()
    } else if (end >= 0) {
      const hashes = this.#hashes
      this.client = combinedHash(hashes[recurring.user]!, hashes[recurring.sourceIPs]!)
      this.agent = hashes[recurring.userAgent]!
      if (mayBeOversized(this.texts[uriText]!, this.texts[agentText]!))
        this.predicates.doubt(oversizedBit)
      if ((this.annotationKeys | 0) === ALL_SIGNED) this.predicates.doubtReason()
    }
    return end
  }

  /** An object whose keys have roles; it is number `depth` of the containers in one another. */
  #members(start: number, stop: number, table: KeyTable, depth: number): number {
    const view = this.#view
    this.#values.reach(depth)
    let expected = 0
    let seen = 0
    let i = spaceEnd(view, start + 1, stop)
    if (i < stop && view.getUint8(i) === 0x7d) return i + 1
    for (;;) {
      if (i >= stop) return UNFINISHED
      let number = expectedKeyAt(view, i, stop, table, expected)
      if (number >= 0) {
        i += table.keys[number]!.tokenBytes
        if (i < stop && view.getUint8(i) <= 0x20) i = spaceEnd(view, i, stop)
        if (i >= stop) return UNFINISHED
      } else {
        if (view.getUint8(i) !== 0x22) return invalidAt(i)
        const nameStart = i + 1
        const nameEnd = stringEnd(view, nameStart, stop)
        if (nameEnd < 0) return nameEnd
        i = colonEnd(view, nameEnd + 1, stop)
        if (i < 0) return i
        number = findKey(view, nameStart, nameEnd, table)
        if (number < 0) this.#otherKey(nameStart, nameEnd, i, table)
      }
      if (number < 0) i = this.#values.end(view, i, stop, depth)
      else {
        if ((seen & (1 << number)) !== 0) this.#isDoubtful = true
        seen |= 1 << number
        expected = number + 1
        const key = table.keys[number]!
        const valueStart = i
        i = this.#value(i, stop, key.role, depth)
        if (key.part >= 0 && i >= 0) {
          this.partStarts[key.part] = valueStart
          this.partEnds[key.part] = i
        }
      }
      if (i < 0) return i
      if (i < stop && view.getUint8(i) <= 0x20) i = spaceEnd(view, i, stop)
      if (i >= stop) return UNFINISHED
      const next = view.getUint8(i++)
      if (next === 0x7d) {
        if (depth === 1) this.#seen = seen
        return i
      }
      if (next !== 0x2c) return invalidAt(i - 1)
      if (i < stop && view.getUint8(i) <= 0x20) i = spaceEnd(view, i, stop)
    }
  }

  #value(i: number, stop: number, role: KeyRole, depth: number): number {
    const view = this.#view
    const first = view.getUint8(i)
    switch (role.kind) {
      case 'skip':
        break
      case 'annotation':
        this.#annotation(i, role.bit)
        if (!role.isReason) break
        if (first === 0x22 && i + 1 < stop && view.getUint8(i + 1) === 0x22) return i + 2
        return this.#recurring(i, stop, recurring.reason, depth)
      case 'recurring': {
        const end = this.#recurring(i, stop, role.which, depth)
        if (role.which === recurring.userAgent) this.#text(agentText, i, end)
        return end
      }
      case 'text': {
        const end = this.#values.end(view, i, stop, depth)
        this.#text(role.text, i, end)
        return end
      }
      case 'auditId':
        if (isAuditIdAt(view, i, stop)) {
          this.predicates.hold(auditIdBit)
          return i + 2 + auditIdBytes
        }
        this.predicates.doubt(auditIdBit)
        break
      case 'username': {
        const end = this.#column(i, stop, usernameColumn, depth)
        if (end >= 0) this.predicates.username(view, i, stop)
        return end
      }
      case 'groups': {
        const end = this.#values.end(view, i, stop, depth)
        if (end >= 0) this.predicates.groups(view, i, stop)
        return end
      }
      case 'column':
        return this.#column(i, stop, role.column, depth)
      case 'present':
        this.predicates.hold(role.predicates)
        break
      case 'doubtful':
        this.predicates.doubt(role.predicates)
        break
      case 'object':
        return this.#object(i, stop, role, depth)
      case 'annotations':
        if (first === 0x7b) return this.#members(i, stop, annotationKeys, depth + 1)
        this.annotationKeys = ALL_BITS
        break
      case 'time':
        this.timeUs = this.#times.read(view, i, stop)
        if (this.timeUs > 0) return i + stampBytes
        break
      case 'body':
        this.predicates.hold(role.predicates)
        if (first !== 0x6e) this.hasBody = true
        break
      case 'uri': {
        if (first !== 0x22) this.#isDoubtful = true
        const end = this.#values.end(view, i, stop, depth)
        this.uriStart = i + 1
        this.uriEnd = end - 1
        this.#text(uriText, i, end)
        return end
      }
      case 'kind': {
        const end = this.#values.end(view, i, stop, depth)
        if (end < 0) return end
        if (first !== 0x22 || hasByte(view, i, end, 0x5c)) this.#isDoubtful = true
        else {
          const isEvent = end - i - 2 === eventKind.length && equalBytes(view, i + 1, eventKind)
          this.#isOtherKind = !isEvent
        }
        return end
      }
    }
    return first === 0x22 ? afterString(view, i, stop) : this.#values.end(view, i, stop, depth)
  }

  #object(i: number, stop: number, role: ObjectRole, depth: number): number {
    if (this.#view.getUint8(i) === 0x7b) return this.#members(i, stop, role.keys, depth + 1)
    for (const column of role.columns) this.columns[column] = UNKNOWN
    for (const text of role.texts) this.texts[text] = UNKNOWN
    this.predicates.doubt(role.predicates)
    return this.#values.end(this.#view, i, stop, depth)
  }

  /** A value that may have been met before. */
  #recurring(i: number, stop: number, which: Recurring, depth: number): number {
    const memo = this.#memos[which]!
    const end = memo.find(this.#view, i, stop)
    this.firsts[which] = end === 0 ? i : memo.start
    if (end === 0) return this.#remember(i, stop, which, depth)
    if (which === recurring.user) this.columns[usernameColumn] = memo.column
    this.#hashes[which] = memo.hash
    this.predicates.hold(memo.certainlyTrue)
    this.predicates.doubt(memo.uncertain)
    this.#values.reach(memo.depth)
    return end
  }

  #remember(i: number, stop: number, which: Recurring, depth: number): number {
    const view = this.#view
    const values = this.#values
    const outerDeepest = values.deepest
    values.deepest = depth
    const end =
      which === recurring.user
        ? this.#object(i, stop, userRole, depth)
        : values.end(view, i, stop, depth)
    const deepest = values.deepest
    values.reach(outerDeepest)
    if (end < 0) return end
    if (which !== recurring.user) this.predicates.look(view, i, end, stop, which)
    const hash = recurringHash(this.#bytes, i, end, which)
    this.#hashes[which] = hash
    // What begins with a number may go on elsewhere.
    if (!this.#isDoubtful && end - i >= 4 && isDelimited(view, i)) {
      const { certainlyTrue, uncertain } = this.predicates.on(which)
      const column = which === recurring.user ? this.columns[usernameColumn]! : ABSENT
      this.#memos[which]!.keep(i, end, { column, certainlyTrue, uncertain, depth: deepest, hash })
    }
    return end
  }

  #column(i: number, stop: number, column: number, depth: number): number {
    const view = this.#view
    if (view.getUint8(i) === 0x22) {
      const end = stringEnd(view, i + 1, stop)
      if (end < 0) return end
      this.columns[column] = foldedHashOfBytes(this.#bytes, i + 1, end)
      return end + 1
    }
    const end = this.#values.end(view, i, stop, depth)
    if (end < 0) return end
    this.columns[column] = isPlainInteger(view, i, end)
      ? foldedHashOfBytes(this.#bytes, i, end)
      : UNKNOWN
    return end
  }

  /** Notes where a value stands, if it is a text; `end` is negative for what is invalid. */
  #text(text: number, i: number, end: number): void {
    const place = i + 1 - this.#start
    const length = end - i - 2
    const isPlaced = this.#view.getUint8(i) === 0x22 && place <= 0xffff && length <= 0xffff
    this.texts[text] = isPlaced ? (place << 16) | length : UNKNOWN
  }

  /** Notes a key of the Bloom filter. Below a value that is a container, longer paths than the key lead on. */
  #annotation(valueStart: number, bit: number): void {
    const first = this.#view.getUint8(valueStart)
    this.annotationKeys |= first === 0x7b || first === 0x5b ? ALL_BITS : bit
  }

  #otherKey(nameStart: number, nameEnd: number, valueStart: number, table: KeyTable): void {
    if (table === annotationKeys) {
      const hash = foldedHashOfBytes(this.#bytes, nameStart, nameEnd)
      const bit = annotationKeyBitOfBytes(this.#bytes, nameStart, nameEnd, hash)
      this.#annotation(valueStart, hash === UNKNOWN ? ALL_BITS : bit)
    } else if (table === extraKeys) {
      // Dots are usual here.
      if (hasByte(this.#view, nameStart, nameEnd, 0x5c)) this.#isDoubtful = true
    } else if (isUnusualKey(this.#view, nameStart, nameEnd)) this.#isDoubtful = true
  }
}

/** From an opening quote to the first byte behind the closing one. */
function afterString(view: DataView, i: number, stop: number): number {
  const end = stringEnd(view, i + 1, stop)
  return end < 0 ? end : end + 1
}

/** A value that tells itself where it ends. */
function isDelimited(view: DataView, i: number): boolean {
  const first = view.getUint8(i)
  return first === 0x22 || first === 0x5b || first === 0x7b
}

/** A key that `JSON.parse` may read as another one (an escape), or that a path finds before its own (a dot). */
function isUnusualKey(view: DataView, start: number, end: number): boolean {
  return hasByte(view, start, end, 0x5c) || hasByte(view, start, end, 0x2e)
}

function hasByte(view: DataView, start: number, end: number, wanted: number): boolean {
  for (let i = start; i < end; i++) {
    if (view.getUint8(i) === wanted) return true
  }
  return false
}

/** Digits that `String(JSON.parse(digits))` gives back as they are. */
function isPlainInteger(view: DataView, start: number, end: number): boolean {
  if (end - start > 15) return false
  for (let i = start; i < end; i++) {
    if (view.getUint8(i) < 0x30 || view.getUint8(i) > 0x39) return false
  }
  return true
}
