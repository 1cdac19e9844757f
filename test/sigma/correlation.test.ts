import { describe, expect, it } from 'vitest'
import type { CorrelationRule } from '../../src/contracts.ts'
import { parseRules } from '../../src/sigma/parse.ts'

const logins = [
  'title: Logins',
  'id: 11111111-7320-415d-80f7-004da920fc11',
  'name: logins',
  'logsource: { product: kubernetes, service: audit }',
  'detection: { selection: { verb: create }, condition: selection }',
].join('\n')
const reads = logins
  .replaceAll('Logins', 'Reads')
  .replaceAll('logins', 'reads')
  .replaceAll('1111', '2222')

/** A correlation of the given lines within `correlation`. */
function correlationText(lines: readonly string[], head = 'title: A correlation'): string {
  const id = 'id: 0e95725d-7320-415d-80f7-004da920fc11'
  return [head, id, 'correlation:', ...lines.map((line) => `  ${line}`)].join('\n')
}

const countsLogins = [
  'type: event_count',
  'rules: [logins]',
  'group-by: user.username',
  'timespan: 10m',
  'condition: { gte: 3 }',
]

/** The lines with some of them replaced, by their keys; undefined takes a line out. */
function changed(
  changes: Readonly<Record<string, string | undefined>>,
  lines: readonly string[] = countsLogins,
): string[] {
  const kept = lines.filter((line) => !Object.hasOwn(changes, line.split(':')[0] ?? ''))
  return [
    ...kept,
    ...Object.entries(changes).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}: ${value}`],
    ),
  ]
}

function read(...texts: readonly string[]): ReturnType<typeof parseRules> {
  return parseRules([{ path: 'rules.yml', text: texts.join('\n---\n') }])
}

/** The only correlation of the texts, which have no problem. */
function correlationOf(...texts: readonly string[]): CorrelationRule['correlation'] {
  const { rules, problems } = read(logins, reads, ...texts)
  expect(problems).toEqual([])
  const found = rules.filter((rule) => rule.kind === 'correlation')
  return found.at(-1)!.correlation
}

/** `code: what the file says there` of every problem of the correlation beside the two rules. */
function problemsOf(text: string, ...others: readonly string[]): string[] {
  const whole = [text, logins, reads, ...others].join('\n---\n')
  const lines = whole.split('\n')
  return read(text, logins, reads, ...others).problems.map(({ code, line, column }) => {
    const rest = lines[line - 1]?.slice(column - 1) ?? ''
    return `${code}: ${/^[\w-]*/.exec(rest)?.[0]}`
  })
}

const byUser = (ids: readonly string[]): object => ({
  name: 'user.username',
  sourceByRule: Object.fromEntries(
    ids.map((id) => [id, { kind: 'event', paths: ['user.username'] }]),
  ),
})
const loginsId = '11111111-7320-415d-80f7-004da920fc11'
const readsId = '22222222-7320-415d-80f7-004da920fc11'

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

  it('S97 has a timespan of a whole number above 0 and a unit', () => {
    const seconds = (timespan: string): number =>
      correlationOf(correlationText(changed({ timespan }))).timespanUs / 1e6
    expect(['1s', '90m', '2h', '1d', '1w', '1M', '1y', '"5m"'].map(seconds)).toEqual([
      ...[1, 5400, 7200, 86_400, 604_800, 2_629_746, 31_556_952, 300],
    ])
    for (const bad of [
      '0s',
      '-5m',
      '5 m',
      '90',
      '1.5h',
      '5min',
      '1S',
      '101y',
      '99999999999999999999y',
    ])
      expect(problemsOf(correlationText(changed({ timespan: bad })))).toEqual([
        'correlation.timespan: timespan',
      ])
  })

  it('S98 compares with numbers, whole or not, of which all have to hold', () => {
    const tests = (condition: string): unknown =>
      correlationOf(correlationText(changed({ condition }))).condition
    expect(tests('{ gt: 100, lte: 200.5 }')).toEqual({
      kind: 'threshold',
      tests: [
        { operator: 'gt', value: 100 },
        { operator: 'lte', value: 200.5 },
      ],
      fields: [],
    })
    expect(tests("{ neq: '-1e3' }")).toMatchObject({ tests: [{ operator: 'neq', value: -1000 }] })
    const refused = (condition: string): string[] =>
      problemsOf(correlationText(changed({ condition })))
    expect(refused('{}')).toEqual(['correlation.condition: condition'])
    expect(refused('{ ge: 5 }')).toEqual([
      'correlation.condition: ge',
      'correlation.condition: condition',
    ])
    for (const value of ['x', '.nan', '.inf', 'null', 'true', '[5]'])
      expect(refused(`{ gte: ${value} }`)).toEqual(['correlation.condition: gte'])
    expect(refused('logins')).toEqual(['correlation.condition: condition'])
    expect(refused('5')).toEqual(['correlation.condition: condition'])
  })

  it('S99 of values has a field, of a tuple several, and of percentiles which one', () => {
    const condition = (type: string, text: string): unknown =>
      correlationOf(correlationText(changed({ type, condition: text }))).condition
    const field = (name: string): object => ({
      name,
      sourceByRule: { [loginsId]: { kind: 'event', paths: [name] } },
    })
    expect(condition('value_count', '{ gte: 2, field: [verb, stage] }')).toMatchObject({
      fields: [field('verb'), field('stage')],
    })
    expect(condition('value_percentile', '{ gte: 2, field: verb, percentile: 99.9 }')).toEqual({
      kind: 'threshold',
      tests: [{ operator: 'gte', value: 2 }],
      fields: [field('verb')],
      percentile: 99.9,
    })
    expect(condition('Value_Median', '{ lt: 2, field: verb }')).toMatchObject({ percentile: 50 })
    const refused = (type: string, text: string): string[] =>
      problemsOf(correlationText(changed({ type, condition: text })))
    expect(refused('value_count', '{ gte: 2 }')).toEqual(['correlation.field: condition'])
    expect(refused('value_count', '{ gte: 2, field: [] }')).toEqual(['correlation.field: field'])
    expect(refused('value_count', "{ gte: 2, field: '' }")).toEqual(['correlation.field: '])
    expect(refused('value_sum', '{ gte: 2, field: [a, b] }')).toEqual(['correlation.field: field'])
    expect(refused('event_count', '{ gte: 2, field: a }')).toEqual(['correlation.field: field'])
    expect(refused('value_percentile', '{ gte: 2, field: a }')).toEqual([
      'correlation.condition: condition',
    ])
    expect(refused('value_percentile', '{ gte: 2, field: a, percentile: 101 }')).toEqual([
      'correlation.condition: percentile',
    ])
    expect(refused('value_avg', '{ gte: 2, field: a, percentile: 10 }')).toEqual([
      'correlation.condition: percentile',
    ])
  })

  const temporal = changed({ type: 'temporal', rules: '[logins, reads]', condition: undefined })
  const rule = (id: string): object => ({ kind: 'rule', rule: id })

  it('S100 of a temporal type wants all rules, a number of them, or an expression over them', () => {
    const condition = (text: string | undefined, rules: string | undefined = '[logins, reads]') =>
      correlationOf(correlationText(changed({ condition: text, rules }, temporal))).condition
    const both = {
      kind: 'rules',
      expression: { kind: 'and', items: [rule(loginsId), rule(readsId)] },
    }
    expect(condition(undefined)).toEqual(both)
    expect(condition('{ gte: 1 }')).toMatchObject({ tests: [{ operator: 'gte', value: 1 }] })
    expect(condition('logins and not (reads or reads)')).toEqual({
      kind: 'rules',
      expression: {
        kind: 'and',
        items: [
          rule(loginsId),
          { kind: 'not', item: { kind: 'or', items: [rule(readsId), rule(readsId)] } },
        ],
      },
    })
    expect(condition(`${readsId} AND NOT logins`)).toEqual(condition('reads and not logins'))
    expect(
      correlationOf(
        correlationText(changed({ rules: undefined, condition: 'reads or logins' }, temporal)),
      ).rules,
    ).toEqual([readsId, loginsId])
  })

  it('S100 of a sequence can want no other number than that of all, and of temporal types up to 32 rules', () => {
    const sequence = changed({ type: 'temporal_ordered' }, temporal)
    const refused = (condition: string): string[] =>
      problemsOf(correlationText(changed({ condition }, sequence)))
    const condition = (text: string | undefined): unknown =>
      correlationOf(correlationText(changed({ condition: text }, sequence))).condition
    expect(condition('{ gt: 1 }')).toEqual(condition(undefined))
    expect(refused('{ gte: 1 }')).toEqual(['correlation.condition: condition'])
    expect(refused('{ lt: 5 }')).toEqual(['correlation.condition: condition'])
    const many = Array.from({ length: 33 }, (_none, number) =>
      reads
        .replaceAll('Reads', `R${number}`)
        .replace('reads', `r${number}`)
        .replace(/^id.*\n/m, ''),
    )
    const rules = `[${many.map((_text, number) => `r${number}`).join(', ')}]`
    expect(problemsOf(correlationText(changed({ rules }, temporal)), ...many)).toEqual([
      'correlation.rules: r32',
    ])
  })

  it('S100 with an expression that cannot be read, leaves out a rule or is true of nothing, is refused', () => {
    const refused = (condition: string, rules: string | undefined = '[logins, reads]'): string[] =>
      problemsOf(correlationText(changed({ condition, rules }, temporal)))
    expect(refused('logins and')).toEqual(['condition.syntax: '])
    expect(refused('logins and other')).toEqual(['condition.undefined: other'])
    expect(refused('logins')).toEqual(['correlation.rules: reads'])
    expect(refused('1 of them')).toEqual(['condition.quantifier: 1'])
    expect(refused('logins or not reads')).toEqual(['correlation.condition: logins'])
    expect(
      problemsOf(correlationText(changed({ condition: 'not reads', rules: undefined }, temporal))),
    ).toEqual(['correlation.condition: not'])
    expect(
      problemsOf(
        correlationText(changed({ condition: 'reads and other', rules: undefined }, temporal)),
      ),
    ).toEqual(['correlation.rules: other'])
  })

  it('S101 groups by fields, or by aliases that stand for a field of each rule', () => {
    const grouped = (groupBy: string, aliases: string): string[] => [
      ...changed({ 'group-by': groupBy }, temporal),
      `aliases: ${aliases}`,
    ]
    const aliases = `{ who: { logins: user.username, ${readsId}: impersonatedUser.username } }`
    expect(correlationOf(correlationText(grouped('[who, verb]', aliases))).groupBy).toEqual([
      {
        name: 'who',
        sourceByRule: {
          [loginsId]: { kind: 'event', paths: ['user.username'] },
          [readsId]: { kind: 'event', paths: ['impersonatedUser.username'] },
        },
      },
      {
        name: 'verb',
        sourceByRule: {
          [loginsId]: { kind: 'event', paths: ['verb'] },
          [readsId]: { kind: 'event', paths: ['verb'] },
        },
      },
    ])
    const partly = correlationOf(correlationText(grouped('who', '{ who: { logins: a } }')))
    expect(partly.groupBy[0]?.sourceByRule[readsId]).toEqual({ kind: 'event', paths: ['who'] })
    expect(correlationOf(correlationText(changed({ 'group-by': undefined }))).groupBy).toEqual([])
    const refused = (groupBy: string, text: string): string[] =>
      problemsOf(correlationText(grouped(groupBy, text)))
    expect(refused('[a, a]', '{}')).toEqual(['correlation.groupBy: a'])
    expect(refused('{}', '{}')).toEqual(['rule.text: '])
    expect(refused('who', '{ who: x }')).toEqual(['correlation.aliases: who'])
    expect(refused('who', '{ who: { other: x } }')).toEqual(['correlation.aliases: other'])
    expect(refused('who', '{ who: { logins: [x] } }')).toEqual(['correlation.aliases: logins'])
    expect(refused('verb', '{ who: { logins: a } }')).toEqual(['correlation.unusedAlias: who'])
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
