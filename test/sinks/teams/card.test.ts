import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertCard, digestCard, type TeamsMessage } from '../../../src/sinks/teams/card.ts'
import { makeAlert, makeRule } from '../make-alert.ts'

function texts(message: TeamsMessage): string[] {
  return message.attachments[0].content.body.map(({ inlines }) =>
    inlines.map(({ text }) => text).join(''),
  )
}

describe('a card for Teams', () => {
  it('has headline, summary, facts, reasons and id', () => {
    const message = alertCard(makeAlert())
    expect(message).toMatchObject({
      type: 'message',
      summary: '🟡 MEDIUM: Shell in a pod',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: { type: 'AdaptiveCard', version: '1.4' },
        },
      ],
    })
    expect(texts(message)).toEqual([
      '🟡 MEDIUM: Shell in a pod',
      'alice@example.com opened a shell in pod shop/web-0',
      'Cluster: prod',
      'Actor: alice@example.com',
      'From: 192.0.2.7',
      'Object: pods/exec shop/web-0',
      'User agent: kubectl/v1.36',
      'First seen: 2026-01-01T00:00:00.000000Z',
      'Last seen: 2026-01-01T00:00:05.250000Z',
      'Events: 1',
      'Why',
      'exec: objectRef.subresource = exec',
      'exec_into_pod · alert-1',
    ])
  })

  it('sums many alerts up by level, rule and actor', () => {
    const alerts = [
      makeAlert({ id: 'a', rule: makeRule('low', 'Listing') }),
      makeAlert({ id: 'b', rule: makeRule('critical', 'Takeover'), actor: 'mallory' }),
      makeAlert({ id: 'c', rule: makeRule('low', 'Listing') }),
    ]
    expect(texts(digestCard(alerts)).slice(0, 8)).toEqual([
      '🔴 3 alerts: 1 critical, 2 low',
      'First seen: 2026-01-01T00:00:00.000000Z',
      'Last seen: 2026-01-01T00:00:05.250000Z',
      'Clusters: prod',
      'By rule',
      '2 × low · Listing',
      '1 × critical · Takeover',
      'By actor',
    ])
  })

  it('stays below 28 KB and in text that is not interpreted, whatever a client has chosen', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('界'.repeat(5000), '"\\'.repeat(5000), '😀'.repeat(5000)),
      fc.constant('[click](https://example.com) <at>all</at> **x**'),
    )
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const why = Array.from({ length: 100 }, () => ({
          selection: one,
          field: other,
          value: one,
        }))
        const alert = makeAlert({
          actor: one,
          effectiveUser: other,
          cluster: one,
          peerIp: other,
          userAgent: one,
          summary: other,
          target: { resource: one, name: other },
          rule: { ...makeRule('high', one), name: other },
          why,
        })
        const many = Array.from({ length: 50 }, (_, i) => ({ ...alert, actor: `${i}${one}` }))
        for (const message of [alertCard(alert), digestCard(many)]) {
          expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(28_000)
          const { body } = message.attachments[0].content
          const kinds = new Set(
            body.flatMap(({ type, inlines }) => [type, ...inlines.map((i) => i.type)]),
          )
          expect([...kinds]).toEqual(['RichTextBlock', 'TextRun'])
        }
      }),
      { numRuns: 50 },
    )
  })
})
