import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mailOf } from '../../../src/sinks/email/message.ts'
import { makeAlert, makeRule } from '../make-alert.ts'

describe('a mail', () => {
  it('tells of one alert with all that one wants to know', () => {
    expect(mailOf([makeAlert({ rule: makeRule('high') })], 20)).toEqual({
      subject: '[HIGH] prod: Shell in a pod',
      text: `HIGH: Shell in a pod
alice@example.com opened a shell in pod shop/web-0
  Cluster:     prod
  Actor:       alice@example.com
  From:        192.0.2.7
  Object:      pods/exec shop/web-0
  User agent:  kubectl/v1.36
  First seen:  2026-01-01T00:00:00.000000Z
  Last seen:   2026-01-01T00:00:05.250000Z
  Events:      1
  Why:         exec: objectRef.subresource = exec
  Alert:       exec_into_pod · alert-1
`,
      id: expect.stringMatching(/^[0-9a-f]{40}$/),
      isUrgent: true,
    })
  })

  it('gives an overview of many, the most severe in detail and the number of the others', () => {
    const alerts = [
      ...Array.from({ length: 4 }, (_, i) => makeAlert({ id: `a${i}`, rule: makeRule('low') })),
      makeAlert({ id: 'worst', rule: makeRule('critical', 'Takeover'), actor: 'mallory' }),
    ]
    const { subject, text, isUrgent } = mailOf(alerts, 2)
    expect([subject, isUrgent]).toEqual(['[CRITICAL] 5 alerts: 1 critical, 4 low', true])
    expect(text).toContain('By rule:\n  4 × low · Shell in a pod\n  1 × critical · Takeover\n')
    expect(text.match(/Alert: .*/g)).toEqual([
      'Alert:       exec_into_pod · worst',
      'Alert:       exec_into_pod · a0',
    ])
    expect(text.trimEnd().endsWith('And 3 more.')).toBe(true)
  })

  it('has the same id for the same alerts and another for any other', () => {
    const [a, b] = [makeAlert({ id: 'a' }), makeAlert({ id: 'b' })]
    const ids = [[a, b], [b, a], [a], [{ ...a, revision: 2 }, b]].map((list) => mailOf(list, 9).id)
    expect(new Set([ids[0], ids[1]]).size).toBe(1)
    expect(new Set(ids).size).toBe(3)
  })

  it('has no link and no line that a client has chosen, and bounded size', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'https://example.com/x',
        'www.example.com',
        'a\r\nBcc: x@example.com',
        '界'.repeat(9000),
      ),
    )
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const alert = makeAlert({
          actor: one,
          cluster: other,
          userAgent: one,
          summary: other,
          target: { name: one, resource: other },
          rule: { ...makeRule('low', 'Title'), name: other },
          why: Array.from({ length: 50 }, () => ({ selection: one, field: other, value: one })),
        })
        const calm = mailOf(
          Array.from({ length: 30 }, () => makeAlert()),
          10,
        )
        for (const alerts of [[alert], Array.from({ length: 30 }, () => alert)]) {
          const { subject, text } = mailOf(alerts, 10)
          expect(subject).not.toMatch(/[\r\n]/)
          expect(text).not.toMatch(/https?:\/\//)
          expect(text).not.toMatch(/[^\P{Cc}\n]/u)
          expect(text.split('\n').length).toBeLessThan(calm.text.split('\n').length + 250)
          expect(text.length).toBeLessThan(120_000)
        }
      }),
      { numRuns: 50 },
    )
  })
})
