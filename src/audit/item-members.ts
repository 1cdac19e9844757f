import type { IndexedField, SearchedField } from '../contracts.ts'
import { ABSENT, UNKNOWN } from '../util/hash.ts'
import { TextBytes } from '../util/text-bytes.ts'
import type { BatchReader } from './batch-reader.ts'
import type { InnerKey } from './inner-keys.ts'
import { bodyKeys, ItemSections, isBody, isMember } from './item-sections.ts'
import { ObjectWalk } from './object-walk.ts'
import type { WireObject } from './wire.ts'

/** What has to be asked of the decoded object. */
export const untold = Symbol('untold')

/** Undefined for an item that has to be decoded: a key may stand there twice, have an escape or, at the top, a dot. */
export function membersOf(reader: BatchReader, item: number): ItemMembers | undefined {
  return reader.index.columns.verb[item] === UNKNOWN ? undefined : new ItemMembers(reader, item)
}

/** The members of one item, each decoded by itself when it is asked for: most rules ask for a few small ones. */
export class ItemMembers {
  readonly #reader: BatchReader
  readonly #item: number
  readonly #known: Record<string, unknown> = {}
  #whole: WireObject | undefined
  /** Made when the first member is looked for. */
  #sections: ItemSections | undefined
  /** By the number of the parent: null if that is absent, untold if it is no object. */
  readonly #inner: (ObjectWalk | null | typeof untold | undefined)[] = []
  #areBodiesRead = false
  #damage: SyntaxError | undefined

  constructor(reader: BatchReader, item: number) {
    this.#reader = reader
    this.#item = item
  }

  /** Why something that was asked for counts as absent: its bytes are no JSON, for the batch is damaged. */
  get damage(): SyntaxError | undefined {
    return this.#damage
  }

  /** An object that has the member as the item has it, and perhaps not the others. */
  with(key: string): WireObject {
    const known = this.#known
    if (this.#whole !== undefined || !isMember(key)) return this.whole
    if (Object.hasOwn(known, key)) return known
    if (isBody(key)) this.#readBodies()
    if (Object.hasOwn(known, key)) return known
    const found = this.#find(key)
    if (found !== undefined) known[key] = this.#valueAt(found)
    return known
  }

  /** A text, number, boolean or null, undefined if it is absent; or untold. */
  top(key: string): unknown {
    const found = this.#find(key)
    return found && this.#scalarAt(found)
  }

  /** The value of one of the members of an event: a text as `TextBytes` where it stands there as it is. */
  peek(key: string): unknown {
    const found = this.#find(key)
    if (found === undefined) return undefined
    const { valueStart } = found
    const valueEnd = this.#endOf(found)
    return (
      this.#bytesOfText(valueStart, valueEnd) ??
      this.#bytesOfList(valueStart, valueEnd) ??
      this.#valueAt(found)
    )
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
    this.#sections ??= new ItemSections(this.#reader, this.#item)
    const found = this.#sections.find(key)
    if (found === undefined) this.#noteDamage(this.#sections)
    return found
  }

  /** Both at once, natively: to walk over one takes longer than to decode it. */
  #readBodies(): void {
    if (this.#areBodiesRead) return
    this.#areBodiesRead = true
    this.#sections ??= new ItemSections(this.#reader, this.#item)
    const bodies = this.#sections.bodies()
    if (bodies === undefined) return
    const members = this.#attempt(() => this.#reader.members(bodies.start, bodies.end))
    for (const key of bodyKeys)
      if (members !== undefined && Object.hasOwn(members, key)) this.#known[key] = members[key]
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
    const { valueStart } = found
    if (view.getUint8(valueStart) !== OPENING_BRACE) return untold
    return new ObjectWalk(view, values, valueStart + 1, index.ends[this.#item]! - 1)
  }

  #valueAt(found: ObjectWalk): unknown {
    const scalar = this.#scalarAt(found)
    return scalar === untold ? this.#parse(found.valueStart, this.#endOf(found)) : scalar
  }

  /** Untold for what is an object or array. */
  #scalarAt(found: ObjectWalk): unknown {
    const reader = this.#reader
    const { valueStart } = found
    const first = reader.view.getUint8(valueStart)
    if (first === OPENING_BRACE || first === OPENING_BRACKET) return untold
    const valueEnd = this.#endOf(found)
    if (valueEnd === valueStart) return undefined
    if (first === QUOTE) {
      const text = reader.text(valueStart + 1, valueEnd - 1)
      return text.includes('\\') ? this.#parse(valueStart, valueEnd) : text
    }
    const text = reader.text(valueStart, valueEnd)
    if (text === 'null') return null
    return text === 'true' || text === 'false' ? text === 'true' : Number(text)
  }

  /** Where the value begins if the bytes are damaged. */
  #endOf(found: ObjectWalk): number {
    const end = found.valueEnd()
    if (end === undefined) this.#noteDamage(found)
    return end ?? found.valueStart
  }

  #parse(start: number, end: number): unknown {
    return this.#attempt(() => this.#reader.value(start, end))
  }

  #attempt<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      // JSON.parse throws nothing else.
      this.#damage ??= error as SyntaxError
      return undefined
    }
  }

  #noteDamage({ damagedAt }: { readonly damagedAt: number | undefined }): void {
    if (damagedAt !== undefined)
      this.#damage ??= new SyntaxError(`no member of an object at byte ${damagedAt} of the batch`)
  }
}

const QUOTE = 0x22
const OPENING_BRACKET = 0x5b
const OPENING_BRACE = 0x7b
const EVERY_KEY = 0xffffffff
