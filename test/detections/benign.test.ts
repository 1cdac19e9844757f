import process from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { isRememberedField } from '../../src/audit/derived/table.ts'
import type { Rule } from '../../src/contracts.ts'
import { fieldsRead } from '../../src/detect/fields-read.ts'
import { createRuleSet } from '../../src/detect/match.ts'
import { matchBatch } from '../support/match-batch.ts'
import { listRecordings, readRecording } from '../support/recordings.ts'
import {
  alertsOn,
  batchOfBytes,
  createBuiltinRuleSet,
  readBuiltinRules,
  readHeardRules,
} from './corpus.ts'
import { readNoiseBounds } from './noise.ts'

const recordings = listRecordings('benign', '.jsonl').map((name) => `benign/${name}`)
const ruleSet = createBuiltinRuleSet()
const alerts = recordings.flatMap((recording) => alertsOn(ruleSet, recording))
const events = recordings
  .map((recording) => readRecording(recording).toString('latin1').split('\n').length - 1)
  .reduce((sum, count) => sum + count, 0)

const requests = alerts.map(({ count }) => count).reduce((sum, count) => sum + count, 0)

const bounds = readNoiseBounds()
const heard = readHeardRules()

/** Of rules of level low and above. */
const maxNoisePerThousand = 1.5
const loudLevels: readonly string[] = ['medium', 'high', 'critical']

afterAll(() => {
  const figure = ((requests * 1000) / events).toFixed(2)
  process.stdout.write(
    `${alerts.length} alerts about ${requests} requests on ${events} benign events: ${figure} requests per 1,000\n`,
  )
})

function isStateful(rule: Rule): boolean {
  return rule.kind === 'correlation' || fieldsRead(rule.condition).some(isRememberedField)
}

describe('on the recordings of ordinary life', () => {
  it('all three are read', () => {
    expect(recordings).toEqual([
      'benign/bring-up.jsonl',
      'benign/day.jsonl',
      'benign/evening.jsonl',
    ])
    expect(events).toBe(23_696)
  })

  it('there is little noise in all', () => {
    const noise = alerts
      .filter(({ rule }) => rule.level !== 'informational')
      .reduce((sum, { count }) => sum + count, 0)
    expect((noise * 1000) / events).toBeLessThan(maxNoisePerThousand)
  })

  it('one alert in 10,000 events at most is of level medium or above, and none is critical', () => {
    const loud = alerts.filter(({ rule }) => loudLevels.includes(rule.level))
    expect(loud.filter(({ rule }) => rule.level === 'critical')).toEqual([])
    expect(loud.length).toBeLessThanOrEqual(events / 10_000)
  })

  it('most events need not be decoded for rules that are in use by default', () => {
    const used = createRuleSet(readBuiltinRules().rules, {
      minimumLevel: 'low',
      onRuleFailure: () => undefined,
    })
    const decoded = recordings
      .map((recording) => matchBatch(used, batchOfBytes(readRecording(recording))).decoded)
      .reduce((sum, count) => sum + count, 0)
    // A fifth of these is what baselines learn from: they see what is ordinary, too.
    expect(decoded / events).toBeLessThan(0.13)
  })

  it('every bound is that of a rule', () => {
    const names = new Set(heard.map(({ name }) => name))
    expect(Object.keys(bounds).filter((name) => !names.has(name))).toEqual([])
  })

  it('nobody has a story', () => {
    expect(alerts.filter(({ kind }) => kind === 'story').map(({ summary }) => summary)).toEqual([])
  })

  it('what counts or remembers is as good as silent', () => {
    const stateful = new Set(heard.filter(isStateful).map(({ id }) => id))
    const loud = alerts.filter(
      ({ rule }) => stateful.has(rule.id) && loudLevels.includes(rule.level),
    )
    expect(stateful.size).toBeGreaterThan(20)
    expect(loud.length).toBeLessThanOrEqual(2)
  })

  it.each(heard.map((rule) => [rule.name ?? rule.title, rule] as const))(
    '%s keeps its bound, and the bound is honest',
    (name, { id, level }) => {
      const atMost = bounds[name]?.atMost ?? 0
      const count = alerts
        .filter(({ rule }) => rule.id === id)
        .reduce((sum, alert) => sum + alert.count, 0)
      expect(count).toBeLessThanOrEqual(atMost)
      expect(atMost).toBeLessThanOrEqual(Math.ceil(count * 1.2))
      if (level === 'high' || level === 'critical') expect(atMost).toBe(0)
    },
  )
})
