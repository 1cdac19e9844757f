import { describe, expect, it } from 'vitest'
import { readRules } from '../../src/app/rule-files.ts'
import { correlation, lettersText } from '../support/correlation/sequence.ts'

function problemsOf(text: string): string[] {
  const { rules, problems } = readRules([
    { path: 'rules.yml', text: `${text}\n---\n${lettersText}` },
  ])
  expect(rules.every(({ kind }) => kind === 'event')).toBe(problems.length > 0)
  return problems.map(({ code, line, column }) => `${code} ${line}:${column}`)
}

describe('a correlation that can be read', () => {
  it('S104 is refused for settings that are none, each at its place', () => {
    const counted = (own: string): string =>
      correlation('type: event_count, rules: [a], timespan: 1h, condition: { gte: 2 }', 'x', own)
    expect(problemsOf(counted('kubewitness: { count: events, lateness: 5m }'))).toEqual([])
    expect(problemsOf(counted('kubewitness: { count: all, lateness: 5, maxKeys: 0 }'))).toEqual([
      'correlation.custom 3:16',
      'correlation.custom 3:28',
      'correlation.custom 3:41',
    ])
  })

  it('S104 is refused when its sequences are too many', () => {
    const either = '(a or b or c)'
    const sequence = (count: number): string =>
      correlation(
        `type: temporal_ordered, timespan: 1h, condition: ${Array(count).fill(either).join(' and ')}`,
      )
    expect(problemsOf(sequence(3))).toEqual([])
    expect(problemsOf(sequence(4))).toEqual(['correlation.condition 4:54'])
  })
})
