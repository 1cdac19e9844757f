import type { MessagePort } from 'node:worker_threads'
import type { StoredRecord, TopicOptions } from '../contracts.ts'
import type { Change, Progress } from './changes.ts'
import type { PlainError } from './store-error.ts'
import type { Cursor } from './topic-store.ts'

// What crosses between the writer's thread and the others. Values travel in one buffer a message, which is moved and
// not copied: the caller of `append` keeps its own bytes, because it may have to append them again.

/** What the writer is started with. */
export interface WriterData {
  readonly directory: string
  readonly topics: Readonly<Record<string, TopicOptions>>
}

/** From the thread that started the writer. */
export type ToWriter =
  | { readonly kind: 'connect'; readonly port: MessagePort }
  /** Finish what has been asked for, then end. */
  | { readonly kind: 'close' }

/** To the thread that started the writer. */
export type FromWriter =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly error: PlainError }
  | { readonly kind: 'lost'; readonly topic: string; readonly records: number }
  | { readonly kind: 'damaged'; readonly topic: string; readonly records: number }

type Write = Extract<Change, { kind: 'write' }>

interface PackedRecord {
  readonly key: string
  readonly start: number
  readonly end: number
  readonly opened?: Uint8Array<ArrayBuffer>
}
interface PackedProduce {
  readonly topic: string
  readonly records: readonly PackedRecord[]
}
type PackedProgress = Omit<Progress, 'changes'> & {
  /** Without a place: the record goes. */
  readonly changes: readonly (PackedRecord | { readonly key: string })[]
}
type PackedWrite = Omit<Write, 'produced' | 'progress'> & {
  readonly produced: readonly PackedProduce[]
  readonly progress?: PackedProgress
  readonly values: Uint8Array<ArrayBuffer>
}

/** From a client on its port. Every request with a number gets one answer. */
export type ClientMessage =
  | { readonly kind: 'change'; readonly id: number; readonly change: PackedChange }
  | { readonly kind: 'sweep'; readonly id: number; readonly nowMs: number }
  | { readonly kind: 'leave'; readonly topic: string; readonly group: string }
  /** The group's reader wants fresh records, as far as there is room. */
  | {
      readonly kind: 'follow'
      readonly topic: string
      readonly group: string
      readonly room: SharedArrayBuffer
    }
  | { readonly kind: 'damaged'; readonly topic: string; readonly records: number }
export type PackedChange = PackedWrite | Exclude<Change, { kind: 'write' }>

export type Answer =
  | { readonly id: number; readonly value: Cursor | Readonly<Record<string, number>> | undefined }
  | { readonly id: number; readonly error: PlainError }

/** What has become durable at the end of a topic; records that were left out are in the store. */
export interface Fresh {
  readonly topic: string
  readonly records: readonly StoredRecord[]
  /** Where the topic ends. */
  readonly end: number
}

/** To a client on its port. */
export type WriterMessage =
  /** First of all; the store can be opened from now on. */
  | { readonly kind: 'hello' }
  /** After a commit: the answers to this client, and which topics have more records. */
  | {
      readonly kind: 'committed'
      readonly answers: readonly Answer[]
      readonly grown: readonly string[]
      /** Of topics that this client follows. */
      readonly fresh: readonly Fresh[]
    }
  /** A group that this client reads was set back. */
  | {
      readonly kind: 'rewound'
      readonly topic: string
      readonly group: string
      readonly cursor: Cursor
    }

/** A change with its values in one buffer, which `transfer` moves. */
export function packChange(change: Change): {
  readonly packed: PackedChange
  readonly transfer: ArrayBuffer[]
} {
  if (change.kind !== 'write') return { packed: change, transfer: [] }
  const { progress, ...rest } = change
  const values = new Uint8Array(countBytes(change))
  const transfer: ArrayBuffer[] = [values.buffer]
  let end = 0
  const pack = (key: string, value: Uint8Array): PackedRecord => {
    const start = end
    values.set(value, start)
    end += value.byteLength
    return { key, start, end }
  }
  const produced = change.produced.map(({ topic, records }) => ({
    topic,
    records: records.map(({ key, value, opened }) => {
      if (opened === undefined) return pack(key, value)
      transfer.push(opened.buffer)
      return { ...pack(key, value), opened }
    }),
  }))
  const changes = progress?.changes.map(({ key, value }) =>
    value === undefined ? { key } : pack(key, value),
  )
  const packed: PackedWrite = {
    ...rest,
    ...(progress === undefined ? {} : { progress: { ...progress, changes: changes ?? [] } }),
    produced,
    values,
  }
  return { packed, transfer }
}

export function unpackChange(packed: PackedChange): Change {
  if (packed.kind !== 'write') return packed
  const { values, produced, progress, ...rest } = packed
  const unpack = ({ key, start, end, opened }: PackedRecord) => ({
    key,
    value: values.subarray(start, end),
    ...(opened && { opened }),
  })
  return {
    ...rest,
    produced: produced.map(({ topic, records }) => ({ topic, records: records.map(unpack) })),
    ...(progress === undefined
      ? {}
      : {
          progress: {
            ...progress,
            changes: progress.changes.map((change) =>
              'start' in change ? unpack(change) : { key: change.key, value: undefined },
            ),
          },
        }),
  }
}

/** Bytes of the values. */
export function countBytes({ produced, progress }: Write): number {
  let bytes = 0
  for (const { records } of produced) {
    for (const { value } of records) bytes += value.byteLength
  }
  for (const { value } of progress?.changes ?? []) bytes += value?.byteLength ?? 0
  return bytes
}
