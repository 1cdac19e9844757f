import { describe, expect, it } from 'vitest'
import { lintRules } from '../../src/detect/lint.ts'
import { parseRules } from '../../src/sigma/parse.ts'
import { correlation, lettersText } from '../support/correlation/sequence.ts'

const own = [
  'id: 0e95725d-7320-415d-80f7-004da920fc11',
  'status: test',
  'author: someone',
  'date: 2026-01-01',
  'level: low',
  'references: [https://example.com]',
  'falsepositives: [none]',
].join('\n')

/** `code key: message` of what is found in a correlation of the text. */
function lint(text: string, more = own): string[] {
  const document = correlation(text, 'x', more)
  const { rules, problems } = parseRules([
    { path: 'r.yml', text: `${document}\n---\n${lettersText}` },
  ])
  expect(problems).toEqual([])
  const x = rules.find((rule) => rule.kind === 'correlation')
  const named = rules.filter(({ id }) => id === x?.id || x?.correlation.rules.includes(id))
  const lines = document.split('\n')
  return lintRules(named, { knownFields: ['is', 'user.username', 'verb', 'auditID', 'code'] }).map(
    ({ code, line, column }) => {
      const word = /^[\w-]+/.exec(lines[line - 1]?.slice(column - 1) ?? 'part')?.[0]
      return `${code} at ${word}`
    },
  )
}

const counted = (condition: string, more = ''): string =>
  `type: event_count, rules: [a, b], timespan: 1h, condition: { ${condition} }${more}`

describe('a correlation', () => {
  it('asks its own keys of its author, and none of the rules that are only parts of it', () => {
    expect(lint(counted('gte: 3'))).toEqual([])
    expect(lint(counted('gte: 3'), 'status: deprecated').toSorted()).toEqual([
      'lint.author at title',
      'lint.date at title',
      'lint.falsepositives at title',
      'lint.id at title',
      'lint.level at title',
      'lint.references at title',
      'lint.retired at status',
    ])
    const generated = lint(counted('gte: 3', ', generate: true'))
    expect(generated.filter((found) => found.startsWith('lint.author'))).toHaveLength(2)
  })

  it('groups by fields that events have, and by what some have in common', () => {
    expect(lint(counted('gte: 3', ', group-by: [user.username, user.nam]'))).toEqual([
      'lint.field at group-by',
    ])
    expect(
      lint(counted('gte: 3', ', group-by: who, aliases: { who: { a: verb, b: vreb } }')),
    ).toEqual(['lint.field at aliases'])
    expect(lint(counted('gte: 3', ', group-by: auditID'))).toEqual(['lint.uniqueGroup at group-by'])
    const values =
      'type: value_count, rules: [a], timespan: 1h, condition: { gte: 3, field: [verb, x] }'
    expect(lint(values)).toEqual(['lint.field at condition'])
  })

  it('has a condition that is true of some windows and not of all', () => {
    for (const condition of ['gte: 1', 'gt: 0.5', 'neq: 0', 'gte: 0, lt: 1e9, neq: -1'])
      expect(lint(counted(condition)).filter((found) => found.startsWith('lint.al'))).toEqual(
        condition.includes('lt') ? [] : ['lint.alwaysTrue at condition'],
      )
    for (const condition of ['lt: 1', 'gt: 5, lt: 6', 'eq: 2.5', 'lte: 0', 'gt: 3, lt: 3'])
      expect(lint(counted(condition))).toEqual(['lint.neverTrue at condition'])
    for (const condition of ['gte: 2', 'gt: 5, lt: 7', 'eq: 1', 'lt: 2'])
      expect(lint(counted(condition))).toEqual([])
    const sum = (condition: string): string =>
      `type: value_sum, rules: [a], timespan: 1h, condition: { ${condition}, field: code }`
    expect(lint(sum('gt: 5, lt: 6'))).toEqual([])
    expect(lint(sum('gt: 6, lt: 5'))).toEqual(['lint.neverTrue at condition'])
  })

  it('has an expression that some set of rules makes true, and not every one', () => {
    const temporal = (condition: string): string =>
      `type: temporal, rules: [a, b], timespan: 1h, condition: ${condition}`
    expect(lint(temporal('a and not b'))).toEqual([])
    expect(lint(temporal('a and not (a or b)'))).toEqual(['lint.neverTrue at condition'])
    expect(lint(temporal('a or b'))).toEqual(['lint.alwaysTrue at condition'])
    expect(lint(temporal('{ gte: 3 }'))).toEqual(['lint.neverTrue at condition'])
  })
})
