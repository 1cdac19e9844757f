import { describe, expect, it } from 'vitest'
import { packBatch, unpackBatch } from '../../src/audit/batch.ts'
import { decodeItem, toAuditEvent } from '../../src/audit/event.ts'
import { splitBody } from '../../src/audit/split.ts'
import { ABSENT, foldedHash, UNKNOWN } from '../../src/util/hash.ts'
import { listRecordings, readRecording, readWebhookBodies } from '../support/recordings.ts'

describe('a recorded body', () => {
  it.each(readWebhookBodies())('$name gives its $events events, whole', ({ bytes, events }) => {
    const { items, rejects } = splitBody(bytes)
    expect([items.count, rejects]).toEqual([events, []])
    const batch = unpackBatch(packBatch({ cluster: 'dev', sender: '', bytes, items }), 5)
    const list: { items: unknown[] } = JSON.parse(bytes.toString())
    expect(list.items).toEqual(Array.from({ length: events }, (_, i) => decodeItem(batch, i)))
  })

  it('has columns that are known nearly always', () => {
    let items = 0
    let unknown = 0
    for (const { bytes } of readWebhookBodies()) {
      const { columns, count } = splitBody(bytes).items
      items += count
      for (const column of Object.values(columns)) {
        unknown += column.filter((hash) => hash === UNKNOWN).length
      }
    }
    expect(items).toBe(4995)
    expect(unknown / items).toBeLessThan(0.001)
  })
})

describe('a recorded log', () => {
  it.each(['benign/evening.jsonl', 'special/odd-values.jsonl', 'special/odd-values.rr.jsonl'])(
    '%s gives an event for every line, with different ids',
    (path) => {
      const bytes = readRecording(path)
      const lines = bytes.toString().split('\n').filter(Boolean)
      const { items, rejects } = splitBody(bytes)
      expect([items.count, rejects]).toEqual([lines.length, []])
      const batch = { cluster: 'c', sender: '', receivedAtMs: 0, bytes, index: items }
      const ids = lines.map((line, i) => {
        const event = toAuditEvent(decodeItem(batch, i), batch)
        expect(event.raw).toEqual(JSON.parse(line))
        expect(event.timeUs).toBeGreaterThan(1_700_000_000_000_000)
        expect([UNKNOWN, foldedHash(event.stage)]).toContain(items.columns.stage[i])
        return event.id
      })
      expect(new Set(ids).size).toBe(lines.length)
    },
  )

  it('gives the same ids as the webhook did, whose items lack kind and apiVersion', () => {
    const line = readRecording('special/odd-values.jsonl').toString().split('\n')[0]!
    const context = { cluster: 'c', receivedAtMs: 0 }
    const { kind, apiVersion, ...rest } = JSON.parse(line)
    expect([kind, apiVersion]).toEqual(['Event', 'audit.k8s.io/v1'])
    expect(toAuditEvent(rest, context).id).toBe(toAuditEvent(JSON.parse(line), context).id)
  })

  it('has bodies at the levels that record them, and only there', () => {
    const bodies = (path: string) => {
      const { items } = splitBody(readRecording(path))
      return items.hasBody.filter((flag) => flag === 1).length
    }
    const names = listRecordings('special', '.jsonl').filter((name) => !name.includes('.rr.'))
    expect(names.map((name) => bodies(`special/${name}`))).toEqual(names.map(() => 0))
    expect(bodies('special/secrets-and-tokens.rr.jsonl')).toBeGreaterThan(10)
  })

  it('knows a request without authentication by its absent user', () => {
    const line =
      '{"auditID":"a","stage":"ResponseStarted","user":{},"verb":"list","responseStatus":{"code":401}}'
    const { columns } = splitBody(Buffer.from(line)).items
    expect([columns['user.username'][0], columns['responseStatus.code'][0]]).toEqual([
      ABSENT,
      foldedHash('401'),
    ])
  })
})
