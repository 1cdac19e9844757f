import { describe, expect, it } from 'vitest'
import { readCertificateRequest } from '../../../src/audit/certificates/certificate-request.ts'
import type { Redactor } from '../../../src/audit/redact/redactor.ts'
import { splitBody } from '../../../src/audit/split.ts'
import { readCanaries } from '../../support/canaries.ts'
import {
  listRecordings,
  readRecording,
  readWebhookBodies,
  recordingsFolder,
} from '../../support/recordings.ts'
import { newRedactor } from './support.ts'

/** Fields, by their last names, that legitimately hold a word of canaries.txt after redaction, and why. */
const allowedFields: ReadonlyMap<string, string> = new Map()

const canaries = readCanaries(`${recordingsFolder}/canaries.txt`).map((line) => line.toString())

interface Item {
  readonly file: string
  readonly before: string
  /** Undefined: nothing was taken out. */
  readonly after: string | undefined
}

function redactAll(file: string, bytes: Buffer, redactor: Redactor): readonly Item[] {
  const { items } = splitBody(bytes)
  redactor.prepare(bytes)
  return Array.from({ length: items.count }, (_, i) => {
    const start = items.starts[i]!
    const end = items.ends[i]!
    const redacted = redactor.redactItem(bytes, start, end, {
      uriStart: items.uriStarts[i]!,
      uriEnd: items.uriEnds[i]!,
      hasBody: items.hasBody[i] === 1,
    })
    return {
      file,
      before: bytes.toString('utf8', start, end),
      after: redacted === undefined ? undefined : Buffer.from(redacted).toString('utf8'),
    }
  })
}

const folders = ['special', 'attacks', 'policies/a', 'policies/d', 'policies/e']
const files = [
  ...folders.flatMap((folder) =>
    listRecordings(folder, '.jsonl').map((name) => ({
      file: `${folder}/${name}`,
      read: () => readRecording(`${folder}/${name}`),
    })),
  ),
  ...readWebhookBodies().map(({ name, bytes }) => ({ file: name, read: () => bytes })),
]

/** Every text in a value, keys too, with the path to it. */
function* textsIn(value: unknown, path: string): Generator<readonly [string, string]> {
  if (typeof value === 'string') yield [path, value]
  else if (Array.isArray(value)) for (const one of value) yield* textsIn(one, `${path}[]`)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, below] of Object.entries(value)) {
      yield [`${path}.<key>`, key]
      yield* textsIn(below, `${path}.${key}`)
    }
  }
}

const marker = /redacted:\d+:[0-9a-f]{12}/g

/** Paths at which two values differ otherwise than by a marker in the place of something, and by the names of a certificate request. */
function* differences(before: unknown, after: unknown, path: string): Generator<string> {
  if (typeof after === 'string') {
    if (before === after || isRedactionOf(before, after)) return
    yield path
  } else if (Array.isArray(after) && Array.isArray(before) && after.length === before.length) {
    for (const [i, one] of after.entries()) yield* differences(before[i], one, `${path}[${i}]`)
  } else if (isRecord(after) && isRecord(before)) {
    const keys = Object.keys(after)
    if (keys.join() !== Object.keys(before).join()) yield `${path} (keys)`
    for (const key of keys) yield* differences(before[key], after[key], `${path}.${key}`)
  } else if (isRecord(after) && typeof before === 'string') {
    const { redacted, ...names } = after
    yield* differences(before, redacted, path)
    if (JSON.stringify(names) !== JSON.stringify(readCertificateRequest(before))) yield path
  } else if (before !== after) yield path
}

/** What is beside the markers is in the value, in its order. */
function isRedactionOf(before: unknown, after: string): boolean {
  if (after.search(marker) < 0) return false
  if (typeof before !== 'string') return /^\[redacted:\d+:[0-9a-f]{12}\]$/.test(after)
  let from = 0
  for (const piece of after.split(/\[?redacted:\d+:[0-9a-f]{12}\]?/)) {
    const at = before.indexOf(piece, from)
    if (at < 0) return false
    from = at + piece.length
  }
  return true
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

describe('the recordings, redacted', () => {
  it('hold no canary outside of the fields where one may stand', () => {
    const redactor = newRedactor()
    const survivors = new Map<string, string>()
    for (const { file, read } of files) {
      for (const { before, after } of redactAll(file, read(), redactor)) {
        const text = after ?? before
        if (!canaries.some((canary) => text.includes(canary))) continue
        for (const [path, value] of textsIn(JSON.parse(text), '')) {
          const canary = canaries.find((one) => value.includes(one))
          if (canary === undefined || allowedFields.has(path)) continue
          survivors.set(`${path} ${canary.slice(0, 40)}`, file)
        }
      }
    }
    expect([...survivors]).toEqual([])
  })

  it('held every canary before, so that the search is one', () => {
    const found = new Set<string>()
    for (const { read } of files) {
      const text = read().toString('utf8')
      for (const canary of canaries) if (text.includes(canary)) found.add(canary)
    }
    expect(found.size).toBe(canaries.length)
  })

  it('are valid JSON, equal to what they were but for markers, and do not change again', () => {
    const redactor = newRedactor()
    const problems: string[] = []
    let changed = 0
    for (const { file, read } of files) {
      for (const { before, after } of redactAll(file, read(), redactor)) {
        if (after === undefined) continue
        changed++
        problems.push(...differences(JSON.parse(before), JSON.parse(after), file))
        const [again] = redactAll(file, Buffer.from(after), redactor)
        if (again?.after !== undefined) problems.push(`${file}: ${again.after.slice(0, 200)}`)
      }
    }
    expect(problems).toEqual([])
    expect(changed).toBe(276)
  })

  it('of ordinary life at Metadata level come out as they went in', () => {
    const redactor = newRedactor()
    let events = 0
    const changed: string[] = []
    for (const name of listRecordings('benign', '.jsonl')) {
      for (const item of redactAll(name, readRecording(`benign/${name}`), redactor)) {
        events++
        if (item.after !== undefined) changed.push(item.after)
      }
    }
    expect(events).toBe(23_696)
    expect(changed).toEqual([])
  })
})
