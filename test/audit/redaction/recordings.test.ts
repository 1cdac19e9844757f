import { describe, expect, it } from 'vitest'
import { createRedactor, type Redactor } from '../../../src/audit/redaction/redactor.ts'
import { splitBody } from '../../../src/audit/split.ts'
import { readCanaries } from '../../support/canaries.ts'
import {
  listRecordings,
  readRecording,
  readWebhookBodies,
  recordingsFolder,
} from '../../support/recordings.ts'

const key = Buffer.alloc(32, 7)

/** Every recorded item as it is stored. */
function redactAll(bytes: Buffer, redactor: Redactor): { before: string; after: string }[] {
  const { items } = splitBody(bytes)
  redactor.prepare(bytes)
  return Array.from({ length: items.count }, (_, i) => {
    const start = items.starts[i]!
    const end = items.ends[i]!
    const hints = {
      uriStart: items.uriStarts[i]!,
      uriEnd: items.uriEnds[i]!,
      hasBody: items.hasBody[i] === 1,
    }
    const before = bytes.toString('utf8', start, end)
    const redacted = redactor.redactItem(bytes, start, end, hints)
    return {
      before,
      after: redacted === undefined ? before : Buffer.from(redacted).toString('utf8'),
    }
  })
}

function recordedBytes(): Buffer[] {
  const folders = ['attacks', 'special', 'policies/a', 'policies/d', 'policies/e']
  const files = folders.flatMap((folder) =>
    listRecordings(folder, '.jsonl').map((name) => readRecording(`${folder}/${name}`)),
  )
  return [...files, ...readWebhookBodies().map(({ bytes }) => bytes)]
}

/** Paths of texts that hold a canary, `a.b.[].c`. */
function placesOf(
  value: unknown,
  canaries: readonly string[],
  path: string,
  found: Set<string>,
): void {
  if (typeof value === 'string') {
    if (canaries.some((canary) => value.includes(canary))) found.add(path)
  } else if (Array.isArray(value)) {
    for (const item of value) placesOf(item, canaries, `${path}.[]`, found)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value))
      placesOf(item, canaries, `${path}.${name}`, found)
  }
}

describe('redaction of what a real API server sent', () => {
  const canaries = readCanaries(`${recordingsFolder}/canaries.txt`).map(String)
  const redactor = createRedactor({ key })
  const items = recordedBytes().flatMap((bytes) => redactAll(bytes, redactor))

  it('leaves no planted secret anywhere', () => {
    const found = new Set<string>()
    for (const { after } of items)
      if (canaries.some((canary) => after.includes(canary)))
        placesOf(JSON.parse(after), canaries, '', found)
    expect([...found]).toEqual([])
    expect(
      items.filter(({ before }) => canaries.some((canary) => before.includes(canary))).length,
    ).toBeGreaterThan(100)
  })

  it('is idempotent, and gives valid JSON with the same keys', () => {
    const changed = items.filter(({ before, after }) => before !== after)
    expect(changed.length).toBeGreaterThan(300)
    for (const { before, after } of changed) {
      expect(keysOf(JSON.parse(after))).toEqual(keysOf(JSON.parse(before)))
      const [again] = redactAll(Buffer.from(after), redactor)
      expect(again?.after).toBe(after)
    }
  })

  it('keeps what rules ask for: identity, type, and the terms of a token', () => {
    const texts = items.filter(({ before, after }) => before !== after).map(({ after }) => after)
    expect(texts.some((text) => text.includes('"type":"kubernetes.io/dockerconfigjson"'))).toBe(
      true,
    )
    expect(
      texts.some(
        (text) => /"expirationSeconds":\d+/.test(text) && text.includes('"boundObjectRef"'),
      ),
    ).toBe(true)
    expect(
      texts.some((text) => text.includes('"signerName":"kubernetes.io/kube-apiserver-client"')),
    ).toBe(true)
    expect(
      texts.some((text) =>
        /command=mysql(\\u0026|&)command=-predacted:20:[0-9a-f]{12}(\\u0026|&)command=-e/.test(
          text,
        ),
      ),
    ).toBe(true)
  })

  it('does not touch ordinary life at Metadata level', () => {
    const ordinary = listRecordings('benign', '.jsonl').flatMap((name) =>
      redactAll(readRecording(`benign/${name}`), redactor),
    )
    const changed = ordinary
      .filter(({ before, after }) => before !== after)
      .map(({ after }) => (JSON.parse(after) as { requestURI: string }).requestURI)
    expect(ordinary.length).toBe(23_696)
    expect(changed).toEqual([])
  })
})

function keysOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(keysOf)
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([name, item]) => [name, keysOf(item)])
  return typeof value === 'string' ? 'text' : 'scalar'
}
