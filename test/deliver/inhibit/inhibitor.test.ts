import { describe, expect, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import { inhibitSchema } from '../../../src/deliver/inhibit/config.ts'
import { createInhibitor, type Inhibitor } from '../../../src/deliver/inhibit/inhibitor.ts'
import { makeAlert, makeRule } from '../../sinks/make-alert.ts'

const rules = inhibitSchema.parse([
  { source: { minimumLevel: 'high' }, target: { level: ['low', 'high'] }, equal: ['actor'] },
])
const high = makeAlert({ id: 'high', rule: makeRule('high') })
const low = makeAlert({ id: 'low', rule: makeRule('low') })
const hourMs = 3_600_000

function restarted(inhibitor: Inhibitor, config = rules): Inhibitor {
  const next = createInhibitor(() => config)
  next.restore(inhibitor.takeChanges().flatMap(({ key, value }) => (value ? [{ key, value }] : [])))
  return next
}

describe('an inhibitor', () => {
  it('lets nothing be told of a target while its source is open', () => {
    const inhibitor = createInhibitor(() => rules)
    expect(inhibitor.inhibits(low, 0)).toBe(false)
    inhibitor.open([high], 0)
    expect(inhibitor.inhibits(low, 0)).toBe(true)
    inhibitor.open([{ ...high, revision: 2, status: 'closed' }], 1)
    expect(inhibitor.inhibits(low, 1)).toBe(true)
    inhibitor.close([{ ...high, revision: 2, status: 'closed' }])
    expect(inhibitor.inhibits(low, 1)).toBe(false)
  })

  it.each([
    ['another actor', { ...low, actor: 'bob' }],
    ['another level', { ...low, rule: makeRule('medium') }],
    ['the source itself', high],
    ['another that is a source as well', { ...high, id: 'other' }],
  ])('does not touch %s', (_, alert: Alert) => {
    const inhibitor = createInhibitor(() => rules)
    inhibitor.open([high], 0)
    expect(inhibitor.inhibits(alert, 0)).toBe(false)
  })

  it('forgets a source that is none any more', () => {
    const inhibitor = createInhibitor(() => rules)
    inhibitor.open([high, { ...high, revision: 2, rule: makeRule('low') }], 0)
    expect(inhibitor.inhibits(low, 0)).toBe(false)
  })

  it('does not believe for longer than a day in a source of which nothing is heard', () => {
    const inhibitor = createInhibitor(() => rules)
    inhibitor.open([high], 0)
    expect(inhibitor.inhibits(low, 24 * hourMs - 1)).toBe(true)
    expect(inhibitor.inhibits(low, 24 * hourMs)).toBe(false)
  })

  it('knows its sources after a restart, as far as they are sources still', () => {
    const inhibitor = createInhibitor(() => rules)
    inhibitor.open([high], 0)
    const next = restarted(inhibitor)
    expect(next.inhibits(low, 0)).toBe(true)
    expect(next.takeChanges()).toEqual([])
    const others = inhibitSchema.parse([
      { source: { level: 'critical' }, target: { level: 'low' } },
    ])
    inhibitor.open([high], 0)
    const changed = restarted(inhibitor, others)
    expect(changed.inhibits(low, 0)).toBe(false)
    expect(changed.takeChanges()).toEqual([{ key: 'inhibit/high', value: undefined }])
  })

  it('goes by the rules as they are now', () => {
    let current = rules
    const inhibitor = createInhibitor(() => current)
    inhibitor.open([high], 0)
    current = []
    expect(inhibitor.inhibits(low, 0)).toBe(false)
    current = rules
    expect(inhibitor.inhibits(low, 0)).toBe(true)
  })

  it('keeps no more sources than it may, the oldest go first', () => {
    const inhibitor = createInhibitor(() => rules, 1)
    inhibitor.open([high, { ...high, id: 'later', actor: 'bob' }], 0)
    expect(inhibitor.inhibits(low, 0)).toBe(false)
    expect(inhibitor.inhibits({ ...low, actor: 'bob' }, 0)).toBe(true)
  })
})
