import type { EventBatch, ItemIndex } from '../contracts.ts'
import { KubewitnessError } from '../errors.ts'
import { UNKNOWN } from '../util/hash.ts'
import { indexedFields, searchedFields } from './item-keys.ts'
import { columnsFrom, textsFrom, timesFrom } from './item-table.ts'

/*
 * A frame, all numbers little-endian:
 *
 *   "KWB" and the version 6                      4 bytes
 *   length of the cluster's name, of the sender's, count of items, length of the items section     4 × u32
 *   the cluster's name and the sender's, UTF-8, and zeros up to a multiple of 4 bytes
 *   the columns of indexedFields, those of searchedFields, the annotation keys, the predicates certainly true, those
 *     certainly false, the seconds of the times, their microseconds, the clients, the agents, the items' lengths: count × u32
 *     each. A compressor does better on plain numbers, of which few differ, than on their bytes sorted by rank
 *   the items, a newline between two
 *
 * Nothing in it depends on when or where it was packed: equal batches are equal frames.
 */
const MAGIC = 0x0642574b
const VERSION = MAGIC >>> 24
const HEADER_BYTES = 20
const TEXTS = indexedFields.length
const ANNOTATION_KEYS = TEXTS + searchedFields.length
const CERTAINLY_TRUE = ANNOTATION_KEYS + 1
const CERTAINLY_FALSE = ANNOTATION_KEYS + 2
const SECONDS = ANNOTATION_KEYS + 3
const MICROSECONDS = ANNOTATION_KEYS + 4
const CLIENTS = ANNOTATION_KEYS + 5
const AGENTS = ANNOTATION_KEYS + 6
const LENGTHS = ANNOTATION_KEYS + 7
const columnsPerItem = LENGTHS + 1

export interface BatchToPack {
  readonly cluster: string
  readonly sender: string
  readonly bytes: Uint8Array
  readonly items: ItemIndex
  /** Bytes to store in place of an item's own, by its number. They must be one JSON object, too. */
  readonly replacements?: ReadonlyMap<number, Uint8Array>
}

/** The stored form of a batch, without the time of its receipt: the frame's hash is the batch's identity. */
export function packBatch(batch: BatchToPack): Uint8Array<ArrayBuffer> {
  const { bytes, items, replacements = noReplacements } = batch
  const cluster = Buffer.from(batch.cluster)
  const sender = Buffer.from(batch.sender)
  const lengths = new Uint32Array(items.count)
  let itemsBytes = Math.max(0, items.count - 1)
  for (let i = 0; i < items.count; i++) {
    lengths[i] = replacements.get(i)?.length ?? items.ends[i]! - items.starts[i]!
    itemsBytes += lengths[i]!
  }
  const columnsStart = columnsStartBehind(cluster.length + sender.length)
  const itemsStart = columnsStart + 4 * columnsPerItem * items.count
  const frame = Buffer.allocUnsafeSlow(itemsStart + itemsBytes)
  const view = new DataView(frame.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, cluster.length, true)
  view.setUint32(8, sender.length, true)
  view.setUint32(12, items.count, true)
  view.setUint32(16, itemsBytes, true)
  frame.fill(0, HEADER_BYTES, columnsStart)
  frame.set(cluster, HEADER_BYTES)
  frame.set(sender, HEADER_BYTES + cluster.length)
  const cells = new Uint32Array(frame.buffer, columnsStart, columnsPerItem * items.count)
  for (const [number, field] of indexedFields.entries()) {
    cells.set(items.columns[field], number * items.count)
  }
  for (const [number, field] of searchedFields.entries()) {
    const texts = cells.subarray((TEXTS + number) * items.count, (TEXTS + number + 1) * items.count)
    texts.set(items.texts[field])
    for (const item of replacements.keys()) texts[item] = UNKNOWN
  }
  cells.set(items.annotationKeys, ANNOTATION_KEYS * items.count)
  cells.set(items.certainlyTrue, CERTAINLY_TRUE * items.count)
  cells.set(items.certainlyFalse, CERTAINLY_FALSE * items.count)
  setTimes(cells, items)
  cells.set(items.clients, CLIENTS * items.count)
  cells.set(items.agents, AGENTS * items.count)
  cells.set(lengths, LENGTHS * items.count)
  writeItems(frame.subarray(itemsStart), bytes, items, replacements)
  return frame
}

function setTimes(cells: Uint32Array, { count, timesUs }: ItemIndex): void {
  for (let item = 0; item < count; item++) {
    const timeUs = timesUs[item]!
    const seconds = Math.floor(timeUs / 1_000_000)
    cells[SECONDS * count + item] = seconds
    cells[MICROSECONDS * count + item] = timeUs - seconds * 1_000_000
  }
}

const noReplacements: ReadonlyMap<number, Uint8Array> = new Map()

/** One copy for every run of items that already lie one byte apart, as an apiserver's do; then the separators. */
function writeItems(
  target: Uint8Array,
  bytes: Uint8Array,
  items: ItemIndex,
  replacements: ReadonlyMap<number, Uint8Array>,
): void {
  let at = 0
  let first = 0
  while (first < items.count) {
    const replacement = replacements.get(first)
    if (replacement !== undefined) {
      target.set(replacement, at)
      at += replacement.length
    } else {
      let last = first
      while (
        last + 1 < items.count &&
        items.starts[last + 1] === items.ends[last]! + 1 &&
        !replacements.has(last + 1)
      ) {
        last++
      }
      const start = items.starts[first]!
      target.set(bytes.subarray(start, items.ends[last]), at)
      for (let i = first; i < last; i++) target[at + items.ends[i]! - start] = 0x0a
      at += items.ends[last]! - start
      first = last
    }
    first++
    if (first < items.count) target[at++] = 0x0a
  }
}

/** The batch of a stored frame; its items point into the frame. Throws `log.failed`, `log.older` or `log.newer` when it is not one. */
export function unpackBatch(frame: Uint8Array, receivedAtMs: number): EventBatch {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (frame.length < HEADER_BYTES || (view.getUint32(0, true) & 0xffffff) !== (MAGIC & 0xffffff)) {
    throw unreadable('it is not a stored batch')
  }
  if (frame[3] !== VERSION) throw otherVersion(frame[3] ?? 0)
  const clusterEnd = HEADER_BYTES + view.getUint32(4, true)
  const senderEnd = clusterEnd + view.getUint32(8, true)
  const count = view.getUint32(12, true)
  const columnsStart = columnsStartBehind(senderEnd - HEADER_BYTES)
  const itemsStart = columnsStart + 4 * columnsPerItem * count
  if (itemsStart + view.getUint32(16, true) !== frame.length)
    throw unreadable('its length is wrong')
  const cells = numbersAt(frame, columnsStart, columnsPerItem * count)
  const column = (number: number) => cells.subarray(number * count, (number + 1) * count)
  const { starts, ends } = placesOf(column(LENGTHS))
  if (count > 0 && ends[count - 1] !== frame.length - itemsStart) {
    throw unreadable('its lengths do not add up')
  }
  const text = (start: number, end: number): string =>
    Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('utf8', start, end)
  return {
    cluster: text(HEADER_BYTES, clusterEnd),
    sender: text(clusterEnd, senderEnd),
    receivedAtMs,
    bytes: Buffer.from(frame.buffer, frame.byteOffset + itemsStart, frame.length - itemsStart),
    index: {
      count,
      starts,
      ends,
      columns: columnsFrom(column),
      texts: textsFrom((text) => column(TEXTS + text)),
      annotationKeys: column(ANNOTATION_KEYS),
      certainlyTrue: column(CERTAINLY_TRUE),
      certainlyFalse: column(CERTAINLY_FALSE),
      timesUs: timesFrom(column(SECONDS), column(MICROSECONDS)),
      clients: column(CLIENTS),
      agents: column(AGENTS),
    },
  }
}

function placesOf(lengths: Uint32Array): { starts: Uint32Array; ends: Uint32Array } {
  const starts = new Uint32Array(lengths.length)
  const ends = new Uint32Array(lengths.length)
  let at = 0
  for (let i = 0; i < lengths.length; i++) {
    starts[i] = at
    at += lengths[i]!
    ends[i] = at
    at++
  }
  return { starts, ends }
}

function columnsStartBehind(nameBytes: number): number {
  return 4 * Math.ceil((HEADER_BYTES + nameBytes) / 4)
}

/** Numbers in the frame, without a copy where they are aligned. Every platform of Node is little-endian. */
function numbersAt(frame: Uint8Array, start: number, count: number): Uint32Array {
  const at = frame.byteOffset + start
  if (at % 4 === 0) return new Uint32Array(frame.buffer, at, count)
  return new Uint32Array(new Uint8Array(frame.subarray(start, start + 4 * count)).buffer)
}

function otherVersion(version: number): KubewitnessError {
  return version > VERSION
    ? new KubewitnessError(
        'log.newer',
        `unpacking a stored batch: its version is ${version}, and ${VERSION} is the newest that is known here`,
        { next: 'use the version that wrote the store, or a newer one' },
      )
    : new KubewitnessError(
        'log.older',
        `unpacking a stored batch: its version is ${version}, and only ${VERSION} is read here`,
        {
          next: 'let the version that wrote the store evaluate and deliver it, or begin with an empty data directory',
        },
      )
}

function unreadable(why: string): KubewitnessError {
  return new KubewitnessError('log.failed', `unpacking a stored batch: ${why}`, {
    next: 'restore the store from a copy, or let retention remove the record',
  })
}
