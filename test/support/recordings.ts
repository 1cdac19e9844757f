import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { parse } from 'yaml'

export const recordingsFolder = fileURLToPath(new URL('../fixtures/recordings', import.meta.url))

/** A file of the recordings as bytes, unpacked; the `.gz` may be left out of the name. */
export function readRecording(path: string): Buffer {
  const full = join(recordingsFolder, path)
  const file = existsSync(full) ? full : `${full}.gz`
  const bytes = readFileSync(file)
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes
}

/** Names in a folder of the recordings, without `.gz`. */
export function listRecordings(folder: string, ending: string): string[] {
  return readdirSync(join(recordingsFolder, folder))
    .map((name) => name.replace(/\.gz$/, ''))
    .filter((name) => name.endsWith(ending))
    .sort()
}

/** The events of a `.jsonl` recording, parsed. */
export function readEvents(path: string): Record<string, unknown>[] {
  return readRecording(path)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** One body as it was posted to the webhook. */
export interface RecordedBody {
  readonly name: string
  readonly policy: string
  readonly events: number
  readonly bytes: Buffer
}

/** The posted bodies, in the order of their arrival. */
export function readWebhookBodies(): RecordedBody[] {
  const list = JSON.parse(readRecording('webhook/requests.json').toString('utf8')) as {
    file: string
    policy: string
    events: number
    receivedAt: string
  }[]
  return list
    .toSorted((a, b) => a.receivedAt.localeCompare(b.receivedAt))
    .map(({ file, policy, events }) => ({
      name: file.replace(/\.gz$/, ''),
      policy,
      events,
      bytes: readRecording(`webhook/${file}`),
    }))
}

/** The labels beside an attack recording: audit ids by what they are. */
export interface AttackLabels {
  readonly id: string
  readonly title: string
  readonly malicious: readonly string[]
  readonly attendant: readonly string[]
  readonly benign: readonly string[]
  readonly consequence: readonly string[]
}

export function readLabels(path: string): AttackLabels {
  return parse(readRecording(path).toString('utf8')) as AttackLabels
}
