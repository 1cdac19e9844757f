import { describe, expect, it } from 'vitest'
import { codesOf, holds, parseText } from './support.ts'

const rule = [
  'title: First',
  'id: 0e95725d-7320-415d-80f7-004da920fc11',
  'name: first',
  'logsource: { product: kubernetes, service: audit }',
  'detection: { selection: { a: x }, condition: selection }',
].join('\n')

function filterText(
  rules: string,
  condition = 'not selection',
  logsource = '{ product: kubernetes }',
): string {
  return [
    'title: A filter',
    `logsource: ${logsource}`,
    'filter:',
    `  rules: ${rules}`,
    '  selection: { b: y }',
    `  condition: ${condition}`,
  ].join('\n')
}

/** Whether the first rule of the documents is true of an object with these keys. */
function firstHolds(texts: readonly string[], event: Readonly<Record<string, unknown>>): boolean {
  const [first] = parseText(texts.join('\n---\n')).rules
  if (first === undefined) throw new Error('no rule')
  return holds(
    first.condition,
    (path) => (path in event ? [event[path]] : undefined),
    () => [],
  )
}

function codes(texts: readonly string[]): string[] {
  return codesOf(texts.join('\n---\n'))
}

describe('a file with `action`', () => {
  const second =
    'title: Second\nid: 11111111-7320-415d-80f7-004da920fc11\ndetection: { selection: { a: own, c: z } }'

  it('S11 `global` is merged into the rules behind it, its keys win, and `reset` forgets it', () => {
    const global =
      'action: global\nlevel: high\nlogsource: { product: kubernetes }\ndetection: { selection: { a: x }, condition: selection }'
    const { rules, problems } = parseText([global, second, 'action: reset', rule].join('\n---\n'))
    expect(problems).toEqual([])
    expect(rules.map(({ title, level }) => [title, level])).toEqual([
      ['Second', 'high'],
      ['First', 'medium'],
    ])
    expect(firstHolds([global, second], { a: 'x', c: 'z' })).toBe(true)
    expect(firstHolds([global, second], { a: 'own', c: 'z' })).toBe(false)
    expect(firstHolds([global, second], { a: 'x' })).toBe(false)
  })

  it('S12 `repeat` is the rule before with its own keys over it; another action is an error', () => {
    const repeat =
      'action: repeat\ntitle: Again\nid: 11111111-7320-415d-80f7-004da920fc11\nname: again\ndetection: { selection: { a: w } }'
    const { rules, problems } = parseText([rule, repeat].join('\n---\n'))
    expect(problems).toEqual([])
    expect(rules.map(({ title }) => title)).toEqual(['First', 'Again'])
    const again = rules[1]?.condition
    expect(
      again &&
        holds(
          again,
          () => ['w'],
          () => [],
        ),
    ).toBe(true)
    expect(
      again &&
        holds(
          again,
          () => ['x'],
          () => [],
        ),
    ).toBe(false)
    expect(codes(['action: reload', rule])).toEqual(['rule.action 1:1'])
    expect(codes(['action: global\nx: &x { y: z }\nv: *x', rule])).toEqual([])
  })
})

describe('a filter', () => {
  it('S79 puts its condition beside that of its rules, by id, name or `any`', () => {
    for (const rules of [
      'first',
      '[first]',
      '0E95725D-7320-415d-80f7-004da920fc11',
      'any',
      'ANY',
      '[]',
    ]) {
      const texts = [rule, filterText(rules)]
      expect([rules, codes(texts)]).toEqual([rules, []])
      expect(firstHolds(texts, { a: 'x' })).toBe(true)
      expect(firstHolds(texts, { a: 'x', b: 'y' })).toBe(false)
      expect(firstHolds(texts, { b: 'z' })).toBe(false)
    }
    expect(firstHolds([filterText('any'), rule], { a: 'x', b: 'y' })).toBe(false)
  })

  it('S80 is about rules whose logsource names all that its own does; if there are none, that is a warning', () => {
    const other = filterText('any', 'not selection', '{ product: windows }')
    expect(codes([rule, other])).toEqual(['filter.unused 7:1'])
    expect(firstHolds([rule, other], { a: 'x', b: 'y' })).toBe(true)
    const narrower = filterText(
      'first',
      'not selection',
      '{ product: kubernetes, category: application }',
    )
    expect(codes([rule, narrower])).toEqual(['filter.unused 7:1'])
  })

  it('S81 without a negation gives a warning, since it lets its rules match only what it describes', () => {
    const texts = [rule, filterText('any', 'selection')]
    expect(codes(texts)).toEqual(['filter.positive 12:3'])
    expect(firstHolds(texts, { a: 'x', b: 'y' })).toBe(true)
    expect(firstHolds(texts, { a: 'x' })).toBe(false)
  })

  it('S82 needs rules that exist, a logsource and one condition', () => {
    expect(codes([rule, filterText('[first, nobody]')])).toEqual(['filter.rules 10:18'])
    expect(codes([rule, filterText('any').replace('  rules: any\n', '')])).toEqual([
      'filter.rules 9:1',
    ])
    expect(codes([rule, filterText('5')])).toHaveLength(2)
    expect(codes([rule, filterText('any', '[selection, selection]')])).toEqual([
      'condition.text 12:3',
    ])
    expect(codes([rule, filterText('any', 'nothing')])).toEqual(['condition.undefined 12:14'])
    expect(codes([rule, 'title: x\nfilter: {}'])).toContain('condition.missing 8:1')
  })
})
