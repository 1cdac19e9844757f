import type { EventBatch } from '../contracts.ts'
import { UNKNOWN } from '../util/hash.ts'
import type { BatchReader } from './batch-reader.ts'
import type { ItemMembers, TextPlace } from './item-members.ts'
import { bodyBits } from './item-sections.ts'

/** What tells apart events that are alike otherwise: which request it was, when, and of which version of the object. */
export const momentaryFields: readonly string[] = [
  'auditID',
  'requestReceivedTimestamp',
  'stageTimestamp',
  'objectRef.resourceVersion',
]

const SLOT_BITS = 10
const SLOTS = 1 << SLOT_BITS
const MAX_BYTES = 1536
/** Words an item; the last one holds its last four bytes. */
const WIDTH = MAX_BYTES / 4 + 1

/**
 * What was found in items of which the same bytes have come before, but for the momentary fields: nothing else can depend on those.
 * Of bounded size. An item is looked up by its index and compared byte by byte, because one that is alike must not hide what it says.
 */
export class LikeItems<Answer> {
  readonly #clusters: string[] = []
  readonly #lengths = new Uint32Array(SLOTS)
  readonly #words = new Int32Array(SLOTS * WIDTH)
  /** Of each word the bits that count. */
  readonly #masks = new Int32Array(SLOTS * WIDTH)
  readonly #places: (readonly TextPlace[])[] = []
  readonly #answers: Answer[] = []
  #slot = 0

  /** Whether something was kept of a like item of the cluster. */
  find({ view, index }: BatchReader, cluster: string, item: number): boolean {
    const start = index.starts[item]!
    const length = index.ends[item]! - start
    const slot = slotOf(index, item, length)
    this.#slot = slot
    return (
      this.#lengths[slot] === length &&
      this.#clusters[slot] === cluster &&
      this.#isSame(view, start, length) &&
      this.#places[slot]!.every((place) => isPlain(view, start, place))
    )
  }

  /** Of the item that was found last. */
  get answer(): Answer {
    return this.#answers[this.#slot]!
  }

  /** Keeps what was found in the item that was searched for last, if it is one that may recur. */
  keep(
    { view, index }: BatchReader,
    cluster: string,
    item: number,
    members: ItemMembers,
    answer: Answer,
  ): void {
    const start = index.starts[item]!
    const length = index.ends[item]! - start
    const hasBody = (index.certainlyFalse[item]! & bodyBits) !== bodyBits
    if (length > MAX_BYTES || hasBody || index.columns.verb[item] === UNKNOWN) return
    const places = members.textPlaces(momentaryFields)
    if (members.damage !== undefined || !places.every((place) => isPlain(view, start, place)))
      return
    const slot = this.#slot
    this.#mask(slot, length, places)
    const last = length - 4
    let own = slot * WIDTH
    for (let at = 0; at < last; at += 4, own++)
      this.#words[own] = view.getInt32(start + at, true) & this.#masks[own]!
    this.#words[own] = view.getInt32(start + last, true) & this.#masks[own]!
    this.#lengths[slot] = length
    this.#clusters[slot] = cluster
    this.#places[slot] = places
    this.#answers[slot] = answer
  }

  #isSame(view: DataView, start: number, length: number): boolean {
    const words = this.#words
    const masks = this.#masks
    const last = start + length - 4
    let own = this.#slot * WIDTH
    for (let at = start; at < last; at += 4, own++)
      if ((view.getInt32(at, true) & masks[own]!) !== words[own]) return false
    return (view.getInt32(last, true) & masks[own]!) === words[own]
  }

  #mask(slot: number, length: number, places: readonly TextPlace[]): void {
    const counts = Buffer.alloc(length, 0xff)
    for (const { start, end } of places) counts.fill(0, start, end)
    const last = length - 4
    let own = slot * WIDTH
    for (let at = 0; at < last; at += 4) this.#masks[own++] = counts.readInt32LE(at)
    this.#masks[own] = counts.readInt32LE(last)
  }
}

/** By what the index has of it. */
function slotOf(
  { columns, texts, clients, agents }: EventBatch['index'],
  item: number,
  length: number,
): number {
  let hash = Math.imul(length, 0x9e3779b1)
  hash = mix(hash, columns.verb[item]!)
  hash = mix(hash, columns.stage[item]!)
  hash = mix(hash, columns['objectRef.resource'][item]!)
  hash = mix(hash, columns['objectRef.subresource'][item]!)
  hash = mix(hash, columns['responseStatus.code'][item]!)
  hash = mix(hash, columns['user.username'][item]!)
  hash = mix(hash, clients[item]!)
  hash = mix(hash, agents[item]!)
  hash = mix(hash, texts.requestURI[item]!)
  hash = mix(hash, texts['objectRef.name'][item]!)
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> (32 - SLOT_BITS)
}

function mix(hash: number, cell: number): number {
  return Math.imul(hash ^ cell, 0x9e3779b1) ^ (hash >>> 15)
}

/** Of a UUID, a time or a number: nothing that could end a text, or be of two bytes. */
const plainBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9A-Za-z.:+-]/.test(String.fromCharCode(byte)) && byte < 0x80 ? 1 : 0,
)

function isPlain(view: DataView, itemStart: number, { start, end }: TextPlace): boolean {
  for (let at = itemStart + start; at < itemStart + end; at++)
    if (plainBytes[view.getUint8(at)] === 0) return false
  return true
}
