import type { LogRecord, StoredRecord } from '../../contracts.ts'
import { KubewitnessError } from '../../errors.ts'
import type { RawMessage } from './driver.ts'
import { type Names, toLogOffset } from './names.ts'

const schemaHeader = 'kubewitness-schema'
const schemaVersion = 1

/** A message for one partition; null takes a key out of the state topic. */
export interface Message {
  readonly key: string
  readonly value: Buffer | null
  readonly partition: number
  readonly timestamp: string
  readonly headers: Readonly<Record<string, string>>
}

const headers = { [schemaHeader]: String(schemaVersion) }

export function toMessage(
  key: string,
  value: Uint8Array | null,
  partition: number,
  timeMs: number,
): Message {
  // kafkajs reads the bytes before the send resolves, and nobody changes them until then.
  const bytes =
    value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return { key, value: bytes, partition, timestamp: String(Math.floor(timeMs)), headers }
}

/** Throws `log.newer` for a message of a later version. */
export function checkVersion(message: RawMessage, topic: string): void {
  const header = message.headers?.[schemaHeader]
  const version = Number(Array.isArray(header) ? header[0] : (header ?? schemaVersion))
  if (version <= schemaVersion) return
  throw new KubewitnessError(
    'log.newer',
    `reading ${topic}: record ${message.offset} has version ${version}, and ${schemaVersion} is the newest that is known here`,
    { next: 'use the version that wrote it, or a newer one' },
  )
}

export function toRecord(
  message: RawMessage,
  topic: string,
  partition: number,
  names: Names,
): StoredRecord {
  checkVersion(message, topic)
  const { key, value, timestamp } = message
  return {
    key: key === null ? '' : key.toString(),
    value: plainBytes(value),
    position: {
      topic,
      partition,
      offset: toLogOffset(Number(message.offset), partition, names.partitionsOf(topic)),
    },
    appendedAtMs: Number(timestamp),
  }
}

/** Bytes that a record takes, as they are counted for limits. */
export function messageBytes({ key, value }: RawMessage): number {
  return (key?.byteLength ?? 0) + (value?.byteLength ?? 0)
}

export function recordBytes({ key, value }: LogRecord): number {
  return Buffer.byteLength(key) + value.byteLength
}

export function plainBytes(value: Buffer | null): Uint8Array {
  if (value === null) return new Uint8Array()
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}
