import { describe, expect, it } from 'vitest'
import {
  episodeProblems,
  episodeSettingsOf,
  groupByOf,
} from '../../../src/detect/episode/settings.ts'
import { parseRules } from '../../../src/sigma/parse.ts'
import { episodeOptions } from '../support.ts'
import { ruleOf } from './support.ts'

const { defaults } = episodeOptions

describe('the settings of a rule', () => {
  it('are the defaults where it says nothing', () => {
    expect(episodeSettingsOf(ruleOf(), defaults)).toEqual(defaults)
    expect(groupByOf(ruleOf())).toEqual(['actor'])
  })

  it('are read from its attributes', () => {
    const rule = ruleOf(
      'groupBy: [namespace, peerIp], threshold: 5, suppress: 1d, updateEvery: 90s, quiet: 2h',
    )
    expect(episodeProblems(rule)).toEqual([])
    expect(episodeSettingsOf(rule, defaults)).toEqual({
      threshold: 5,
      suppressUs: 86_400_000_000,
      updateEveryUs: 90_000_000,
      quietUs: 7_200_000_000,
    })
    expect(groupByOf(rule)).toEqual(['namespace', 'peerIp'])
    expect(groupByOf(ruleOf('groupBy: namespace'))).toEqual(['namespace'])
  })

  it.each([
    'threshold: 0',
    'threshold: 1.5',
    'threshold: many',
    'quiet: 0s',
    'quiet: 15',
    'quiet: 15 minutes',
    'suppress: 31d',
    'updateEvery: -1m',
    'groupBy: []',
    'groupBy: [actor, 1]',
    'groupBy: { actor: x }',
  ])('with %s are an error, which names the place, and the default holds', (custom) => {
    const rule = ruleOf(custom)
    const name = custom.slice(0, custom.indexOf(':'))
    expect(episodeProblems(rule)).toMatchObject([
      { path: 'rule.yml', line: 8, column: 50, severity: 'error', code: 'rule.episode' },
    ])
    expect(episodeProblems(rule)[0]?.message).toContain(`\`kubewitness.${name}\` has to be`)
    expect(episodeSettingsOf(rule, defaults)).toEqual(defaults)
    expect(groupByOf(rule)).toEqual(['actor'])
  })

  it('have no `groupBy` of a correlation, which has its own', () => {
    const { rules } = parseRules([
      {
        path: 'rule.yml',
        text: [
          'title: Read',
          'name: read',
          'logsource: { product: kubernetes }',
          'detection: { selection: { verb: get }, condition: selection }',
          '---',
          'title: Many reads',
          'correlation: { type: event_count, rules: [read], timespan: 10m, condition: { gte: 3 } }',
          'kubewitness: { threshold: 2, groupBy: actor }',
        ].join('\n'),
      },
    ])
    expect(rules.flatMap(episodeProblems)).toMatchObject([
      { line: 8, column: 30, code: 'rule.episode' },
    ])
  })
})
