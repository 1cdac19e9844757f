import { describe, expect, it } from 'vitest'
import {
  changed,
  correlationOf,
  correlationText,
  loginsId,
  problemsOf,
  reads,
  readsId,
} from './texts.ts'

describe('what a correlation asks of its events', () => {
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
})
