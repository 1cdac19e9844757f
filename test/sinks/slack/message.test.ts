import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Alert, Level } from '../../../src/contracts.ts'
import type { SlackMessage } from '../../../src/sinks/slack/blocks.ts'
import { alertMessage, growthMessage } from '../../../src/sinks/slack/message.ts'
import { summaryMessage } from '../../../src/sinks/slack/summary.ts'
import { messageError } from '../../support/slack-limits.ts'
import { makeAlert, makeRule } from '../make-alert.ts'

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false })
const box = (text: string) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text }] }],
})

describe('a message for one alert', () => {
  it('has header, summary, facts, reasons and id', () => {
    const alert = makeAlert({ rule: makeRule('high'), effectiveUser: 'system:admin', count: 3 })
    expect(alertMessage(alert)).toEqual({
      text: '🟠 HIGH: Shell in a pod: alice@example.com opened a shell in pod shop/web-0',
      mrkdwn: false,
      unfurl_links: false,
      unfurl_media: false,
      blocks: [
        { type: 'header', text: plain('🟠 HIGH: Shell in a pod') },
        {
          type: 'section',
          text: plain('alice@example.com opened a shell in pod shop/web-0'),
        },
        {
          type: 'section',
          fields: [
            plain('Cluster\nprod'),
            plain('Actor\nalice@example.com'),
            plain('Acting as\nsystem:admin'),
            plain('From\n192.0.2.7'),
            plain('Object\npods/exec shop/web-0'),
            plain('User agent\nkubectl/v1.36'),
            plain('First seen\n2026-01-01T00:00:00.000000Z'),
            plain('Last seen\n2026-01-01T00:00:05.250000Z'),
            plain('Events\n3'),
          ],
        },
        box('exec: objectRef.subresource = exec'),
        { type: 'context', elements: [plain('exec_into_pod · alert-1')] },
      ],
    })
  })

  it.each([
    ['open', '🟡 MEDIUM: Shell in a pod'],
    ['updated', '🟡 MEDIUM: Updated: Shell in a pod'],
    ['closed', '🟡 MEDIUM: Closed: Shell in a pod'],
  ] as const)('says that it is %s', (status, headline) => {
    expect(alertMessage(makeAlert({ status })).blocks[0]).toEqual({
      type: 'header',
      text: plain(headline),
    })
  })

  it('lets no value mention, link, or break out of its place', () => {
    const hostile = '<!channel> <https://example.com|ok> *x* `y` \u202e\u001b[2J\n:skull:'
    const message = alertMessage(
      makeAlert({
        actor: hostile,
        effectiveUser: hostile,
        summary: hostile,
        userAgent: hostile,
        why: [{ selection: 's', field: hostile, value: hostile }],
      }),
    )
    expect(message.text).toBe(
      '🟡 MEDIUM: Shell in a pod: &lt;!channel&gt; &lt;https://example.com|ok&gt; *x* `y` [2J :skull:',
    )
    expect(JSON.stringify(message)).not.toMatch(/mrkdwn"[,}]|\\u001b|\u202e/)
    expect(textTypes(message)).toEqual(new Set(['plain_text', 'text']))
  })
})

describe('a message for many alerts', () => {
  it('counts by level, rule and actor, worst first', () => {
    const alerts = [
      makeAlert({ id: '1', rule: makeRule('low', 'Listing'), firstSeen: '2026-01-01T00:00:03Z' }),
      makeAlert({ id: '2', rule: makeRule('critical', 'Takeover'), actor: 'mallory' }),
      makeAlert({ id: '3', rule: makeRule('low', 'Listing'), lastSeen: '2026-01-02T00:00:00Z' }),
    ]
    const message = summaryMessage(alerts)
    expect(message.text).toBe('🔴 3 more alerts: 1 critical, 2 low')
    expect(message.blocks).toEqual([
      { type: 'header', text: plain('🔴 3 more alerts: 1 critical, 2 low') },
      {
        type: 'section',
        fields: [
          plain('First seen\n2026-01-01T00:00:00.000000Z'),
          plain('Last seen\n2026-01-02T00:00:00Z'),
          plain('Clusters\nprod'),
        ],
      },
      { type: 'section', text: plain('By rule') },
      box('2 more of low · Listing\n1 more of critical · Takeover'),
      { type: 'section', text: plain('By actor') },
      box('2 × alice@example.com\n1 × mallory'),
      { type: 'section', text: plain('Most severe') },
      box(
        [
          'critical: alice@example.com opened a shell in pod shop/web-0',
          'low: alice@example.com opened a shell in pod shop/web-0',
          'low: alice@example.com opened a shell in pod shop/web-0',
        ].join('\n'),
      ),
    ])
  })
})

describe('every message', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.constantFrom('&'.repeat(9_000), '😀'.repeat(9_000), '<!here>', '\u202e'.repeat(9_000), ''),
  )
  const level = fc.constantFrom<Level>('informational', 'low', 'medium', 'high', 'critical')
  const alert: fc.Arbitrary<Alert> = fc
    .tuple(text, text, text, text, level, fc.array(text, { maxLength: 60 }))
    .map(([id, actor, summary, place, ruleLevel, values]) =>
      makeAlert({
        id,
        actor,
        effectiveUser: place,
        cluster: place,
        peerIp: place,
        userAgent: place,
        summary,
        target: { resource: place, subresource: place, namespace: place, name: place },
        rule: { ...makeRule(ruleLevel, summary), name: place },
        why: values.map((value) => ({ selection: place, field: value, value })),
      }),
    )

  it('fits the limits of Slack: 50 blocks, 10,000 characters, no empty text', () => {
    fc.assert(
      fc.property(fc.array(alert, { minLength: 1, maxLength: 30 }), (alerts) => {
        for (const message of [
          alertMessage(alerts[0]!, () => 'https://kw.example.com/alerts/a'),
          growthMessage(alerts.slice(0, 1)),
          growthMessage(alerts),
          summaryMessage(alerts),
        ]) {
          const texts = textsOf(message.blocks)
          expect(messageError({ ...message })).toBe(undefined)
          expect(message.blocks.length).toBeLessThanOrEqual(50)
          expect(texts.join('').length + message.text.length).toBeLessThanOrEqual(10_000)
          expect(texts.filter((value) => value === '')).toEqual([])
          expect(message.text).not.toMatch(/[<>]/)
        }
      }),
      { numRuns: 200 },
    )
  })
})

/** Every value under a key `text` that is a string, however deep. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'text' && typeof inner === 'string' ? [inner] : textsOf(inner),
  )
}

function textTypes(message: SlackMessage): Set<unknown> {
  const types = new Set<unknown>()
  JSON.stringify(message.blocks, (_key, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'text' in value && 'type' in value) {
      if (typeof value.text === 'string') types.add(value.type)
    }
    return value
  })
  return types
}
