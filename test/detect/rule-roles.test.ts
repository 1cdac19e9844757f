import { describe, expect, it } from 'vitest'
import type { Level } from '../../src/contracts.ts'
import { createRuleSet } from '../../src/detect/match.ts'
import { parseRules } from '../../src/sigma/parse.ts'

function rule(name: string, level: Level): string {
  return `title: ${name}\nname: ${name}\nlevel: ${level}\nlogsource: { product: kubernetes }\ndetection: { a: { verb: ${name} }, condition: a }`
}

function correlation(name: string, level: Level, rules: string, more = ''): string {
  return `title: ${name}\nname: ${name}\nlevel: ${level}\ncorrelation: { type: event_count, rules: [${rules}], timespan: 1h, condition: { gte: 2 }${more} }`
}

/** Names of the rules that are evaluated, and of those of them that say nothing. */
function roles(minimumLevel: Level, ...texts: readonly string[]): object {
  const { rules, problems } = parseRules([{ path: 'a.yml', text: texts.join('\n---\n') }])
  expect(problems).toEqual([])
  const set = createRuleSet(rules, { minimumLevel, onRuleFailure: () => undefined })
  const titles = (some: readonly { readonly title: string }[]): string =>
    some.map(({ title }) => title).join(' ')
  return {
    events: titles(set.rules),
    correlations: titles(set.correlations),
    silent: titles(rules.filter(({ id }) => set.silent.has(id))),
  }
}

describe('a rule set with correlations', () => {
  it('S102 evaluates the rules that a correlation refers to, whatever their level, and does not tell of them', () => {
    const texts = [
      rule('low', 'low'),
      rule('high', 'high'),
      rule('other', 'low'),
      correlation('inner', 'low', 'low'),
      correlation('outer', 'high', 'inner, high'),
    ]
    expect(roles('medium', ...texts)).toEqual({
      events: 'low high',
      correlations: 'inner outer',
      silent: 'low high inner',
    })
  })

  it('S102 tells of those that some correlation generates, if their own level is high enough', () => {
    const texts = [
      rule('low', 'low'),
      rule('high', 'high'),
      correlation('quiet', 'high', 'low, high'),
      correlation('loud', 'high', 'low, high', ', generate: true'),
    ]
    expect(roles('medium', ...texts)).toEqual({
      events: 'low high',
      correlations: 'quiet loud',
      silent: 'low',
    })
  })

  it('leaves a correlation below the minimum level out, and its rules are not told of either', () => {
    const texts = [rule('high', 'high'), correlation('quiet', 'low', 'high')]
    expect(roles('medium', ...texts)).toEqual({ events: '', correlations: '', silent: '' })
  })
})
