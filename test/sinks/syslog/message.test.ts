import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Level } from '../../../src/contracts.ts'
import { type SyslogMessageOptions, syslogMessage } from '../../../src/sinks/syslog/message.ts'
import { makeAlert, makeRule } from '../make-alert.ts'
import { parseSyslog } from './parse.ts'

const options: SyslogMessageOptions = {
  facility: 'local0',
  hostname: 'kw-0.example.com',
  structuredDataId: 'kubewitness@32473',
  format: 'json',
  maxMessageBytes: 8192,
}

const data = {
  id: 'alert-1',
  revision: '1',
  status: 'open',
  level: 'medium',
  rule: 'exec_into_pod',
  cluster: 'prod',
  actor: 'alice@example.com',
  peerIp: '192.0.2.7',
  object: 'pods/exec shop/web-0',
  count: '1',
}

describe('a syslog message', () => {
  it('has the alert as JSON, and what one filters by as structured data', () => {
    const { text, ...rest } = parseSyslog(syslogMessage(makeAlert(), options))
    expect(rest).toEqual({
      facility: 16,
      severity: 4,
      timestamp: '2026-01-01T00:00:05.250000Z',
      hostname: 'kw-0.example.com',
      appName: 'kubewitness',
      procId: '-',
      msgId: 'alert',
      structuredData: { 'kubewitness@32473': data },
    })
    expect(JSON.parse(text)).toEqual(makeAlert())
  })

  it('has the summary as text when told so', () => {
    const message = parseSyslog(
      syslogMessage(makeAlert({ status: 'closed' }), { ...options, format: 'text' }),
    )
    expect(message.text).toBe(
      'Closed: Shell in a pod: alice@example.com opened a shell in pod shop/web-0',
    )
  })

  it.each<[Level, number]>([
    ['critical', 2],
    ['high', 3],
    ['medium', 4],
    ['low', 5],
    ['informational', 6],
  ])('of the level %s has severity %i', (level, severity) => {
    const alert = makeAlert({ rule: makeRule(level) })
    const parsed = parseSyslog(syslogMessage(alert, { ...options, facility: 'authpriv' }))
    expect([parsed.facility, parsed.severity]).toEqual([10, severity])
  })

  it('gives the summary of an alert whose JSON is too long for one message', () => {
    const why = Array.from({ length: 200 }, (_, i) => ({
      selection: 'exec',
      field: `field${i}`,
      value: 'x'.repeat(50),
    }))
    const message = syslogMessage(makeAlert({ why }), options)
    expect(parseSyslog(message)).toMatchObject({
      structuredData: { 'kubewitness@32473': data },
      text: 'Shell in a pod: alice@example.com opened a shell in pod shop/web-0',
    })
  })

  it('keeps the grammar, its size and one line, whatever a client has chosen', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: fc.constantFrom('"', '\\', ']', '[', '\n', ' ', 'é', '😀', '\u202e') }),
      fc.constant('😀'.repeat(5000)),
    )
    fc.assert(
      fc.property(
        anything,
        anything,
        fc.constantFrom('json' as const, 'text' as const),
        fc.integer({ min: 2048, max: 9000 }),
        (hostile, other, format, maxMessageBytes) => {
          const alert = makeAlert({
            actor: hostile,
            summary: other,
            cluster: other,
            peerIp: hostile,
            target: { resource: hostile, namespace: other, name: hostile },
            rule: { ...makeRule('high', hostile), name: other },
          })
          const message = syslogMessage(alert, {
            ...options,
            format,
            maxMessageBytes,
            hostname: other,
          })
          expect(message.byteLength).toBeLessThanOrEqual(maxMessageBytes)
          expect(message.includes('\n')).toBe(false)
          const { structuredData } = parseSyslog(message)
          expect(structuredData['kubewitness@32473']).toMatchObject({ id: 'alert-1' })
        },
      ),
    )
  })
})
