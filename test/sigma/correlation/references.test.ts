import { describe, expect, it } from 'vitest'
import { parseRules } from '../../../src/sigma/parse.ts'
import {
  changed,
  correlationOf,
  correlationText,
  countsLogins,
  logins,
  loginsId,
  problemsOf,
  read,
  reads,
  readsId,
} from './texts.ts'

const byUser = (ids: readonly string[]): object => ({
  name: 'user.username',
  sourceByRule: Object.fromEntries(
    ids.map((id) => [id, { kind: 'event', paths: ['user.username'] }]),
  ),
})

describe('a correlation', () => {
  it('S94 needs a title, a type, rules, a timespan and a condition, and no logsource', () => {
    expect(correlationOf(correlationText(countsLogins))).toEqual({
      type: 'event_count',
      rules: [loginsId],
      generate: false,
      groupBy: [byUser([loginsId])],
      timespanUs: 600_000_000,
      condition: { kind: 'threshold', tests: [{ operator: 'gte', value: 3 }], fields: [] },
    })
    const without = (key: string): string[] =>
      problemsOf(correlationText(changed({ [key]: undefined })))
    expect(without('type')).toEqual(['correlation.type: correlation'])
    expect(without('rules')).toEqual(['correlation.rules: correlation'])
    expect(without('timespan')).toEqual(['correlation.timespan: correlation'])
    expect(without('condition')).toEqual(['correlation.condition: correlation'])
    expect(problemsOf(correlationText(countsLogins, 'status: test'))).toEqual([
      'rule.title: status',
    ])
    expect(problemsOf(correlationText(changed({ type: 'event_sum' })))).toEqual([
      'correlation.type: type',
    ])
    expect(problemsOf('title: x\ncorrelation: 5')).toEqual(['correlation.map: correlation'])
  })

  it('S94 has no other keys, and no detection', () => {
    expect(problemsOf(correlationText([...countsLogins, 'group_by: x']))).toEqual([
      'correlation.key: group_by',
    ])
    const detection = '\ndetection: { selection: { a: b }, condition: selection }'
    expect(problemsOf(correlationText(countsLogins) + detection)).toEqual([
      'correlation.detection: detection',
    ])
  })

  it('S95 refers to rules by id or name, in any file, before or behind it', () => {
    const text = correlationText(changed({ rules: `[${readsId.toUpperCase()}, logins]` }))
    for (const order of [
      [text, logins, reads],
      [logins, text, reads],
    ]) {
      const files = order.map((each, number) => ({ path: `${number}.yml`, text: each }))
      const { rules, problems } = parseRules(files)
      expect(problems).toEqual([])
      expect(rules.map(({ kind }) => kind)).toEqual(
        order.map((each) => (each === text ? 'correlation' : 'event')),
      )
      expect(rules.find((rule) => rule.kind === 'correlation')).toMatchObject({
        correlation: { rules: [readsId, loginsId] },
      })
    }
    expect(correlationOf(correlationText(changed({ rules: 'logins' }))).rules).toEqual([loginsId])
  })

  it('S95 that refers to nothing, to a broken rule, to two, or to one twice, is refused at the place', () => {
    const referring = (rules: string, ...others: readonly string[]): string[] =>
      problemsOf(correlationText(changed({ rules })), ...others)
    expect(referring('[logins, nothing]')).toEqual(['correlation.rules: nothing'])
    expect(referring(`[logins, ${loginsId}]`)).toEqual([`correlation.rules: ${loginsId}`])
    expect(referring('[]')).toEqual(['correlation.rules: rules'])
    expect(referring('[1]')).toEqual(['rule.text: 1', 'correlation.rules: rules'])
    const broken = 'title: Broken\nname: broken\nlogsource: { product: x }'
    expect(referring('[broken]', broken)).toEqual([
      'rule.detection: title',
      'correlation.rules: broken',
    ])
    const namesake = `title: Namesake\nname: ${loginsId}\nlogsource: { product: x }\ndetection: { a: { b: c }, condition: a }`
    expect(referring(`[${loginsId}]`, namesake)).toEqual([`correlation.rules: ${loginsId}`])
    const { problems } = read(correlationText(changed({ rules: '[broken]' })), broken)
    expect(problems.at(-1)?.message).toBe(
      'the rule `broken` cannot be used: it has an error itself',
    )
  })

  const chained = (name: string, rule: string): string =>
    [
      `title: ${name}`,
      `name: ${name}`,
      `correlation: { type: event_count, rules: [${rule}], timespan: 1h, condition: { gte: 2 } }`,
    ].join('\n')

  it('S96 may refer to correlations, and reads their groups by name', () => {
    const inner = correlationText(countsLogins).replace('title', 'name: many\ntitle')
    const outer = [
      'title: Outer',
      'correlation:',
      '  type: temporal_ordered',
      '  rules: [many, reads]',
      '  group-by: [user.username, userAgent]',
      '  timespan: 1h',
    ].join('\n')
    const innerId = '0e95725d-7320-415d-80f7-004da920fc11'
    expect(correlationOf(inner, outer)).toMatchObject({
      rules: [innerId, readsId],
      groupBy: [
        {
          name: 'user.username',
          sourceByRule: {
            [innerId]: { kind: 'group', name: 'user.username' },
            [readsId]: { kind: 'event', paths: ['user.username'] },
          },
        },
        {
          name: 'userAgent',
          sourceByRule: {
            [innerId]: { kind: 'event', paths: ['userAgent'] },
            [readsId]: { kind: 'event', paths: ['userAgent'] },
          },
        },
      ],
    })
  })

  it('S96 in a circle is refused with the way around it, and so is a chain of more than 10', () => {
    const circle = read(logins, chained('a', 'b'), chained('b', 'c'), chained('c', 'a'))
    expect(circle.rules.map(({ title }) => title)).toEqual(['Logins'])
    expect(circle.problems[0]).toMatchObject({
      code: 'correlation.circle',
      line: 17,
      message: 'correlations refer to each other in a circle: a → b → c → a',
    })
    expect(problemsOf(chained('a', 'a'))).toEqual(['correlation.circle: a'])
    const chain = (length: number): string[] =>
      Array.from({ length }, (_none, number) =>
        chained(`c${number}`, number === 0 ? 'logins' : `c${number - 1}`),
      )
    expect(read(logins, ...chain(10)).problems).toEqual([])
    expect(read(logins, ...chain(11)).problems.map(({ code }) => code)).toEqual([
      'correlation.depth',
    ])
    const endless = read(...chain(500).toReversed(), logins)
    expect(endless.rules).toHaveLength(11)
  })

  it('S102 says whether its rules alert by themselves, within `correlation` or with a warning outside', () => {
    expect(correlationOf(correlationText([...countsLogins, 'generate: true'])).generate).toBe(true)
    expect(problemsOf(correlationText([...countsLogins, 'generate: maybe']))).toEqual([
      'correlation.generate: generate',
    ])
    const outside = `generate: true\n${correlationText(countsLogins)}`
    expect(problemsOf(outside)).toEqual(['correlation.generate: generate'])
    expect(read(outside, logins).rules[0]).toMatchObject({ correlation: { generate: true } })
  })

  it('S103 is no rule for a filter, and global documents leave it alone', () => {
    const filter = (rules: string): string =>
      [
        'title: F',
        'logsource: { product: kubernetes }',
        `filter: { rules: ${rules}, selection: { b: c }, condition: not selection }`,
      ].join('\n')
    const named = correlationText(countsLogins).replace('title', 'name: many\ntitle')
    expect(problemsOf(named, filter('[logins, many]'))).toEqual(['filter.rules: many'])
    const { rules, problems } = read('action: global\nlevel: high', named, logins, filter('any'))
    expect(problems).toEqual([])
    expect(rules.map(({ kind, level }) => [kind, level])).toEqual([
      ['correlation', 'medium'],
      ['event', 'high'],
    ])
  })
})
