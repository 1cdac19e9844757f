import process from 'node:process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Expr } from '../../src/contracts.ts'
import { parseCondition } from '../../src/sigma/condition.ts'
import { parseRules } from '../../src/sigma/parse.ts'
import { compilePattern, parsePattern } from '../../src/sigma/wildcard.ts'
import { eventOf, ruleSetOf } from '../detect/support.ts'
import { holds, isMatch, parseRule, ruleText } from '../sigma/support.ts'

const names = ['a', 'b', 'sel_one', 'notx']
const leaves = new Map<string, Expr>(
  names.map((name) => {
    const { condition } = parseRule(ruleText(`selection: { ${name}: true }`))
    return [name, condition]
  }),
)
const { tree } = fc.letrec<{ tree: Expr }>((tie) => {
  const list = fc.array(tie('tree'), { minLength: 2, maxLength: 3 })
  return {
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...leaves.values()),
      tie('tree').map((item): Expr => ({ kind: 'not', item })),
      list.map((items): Expr => ({ kind: 'and', items })),
      list.map((items): Expr => ({ kind: 'or', items })),
    ),
  }
})

function print(expr: Expr): string {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return `(${expr.items.map(print).join(` ${expr.kind} `)})`
    case 'not':
      return `not ${print(expr.item)}`
    case 'field':
      return expr.path
    case 'fieldPair':
    case 'elements':
    case 'keyword':
      return expr.selection
    default:
      return expr satisfies never
  }
}

/** `SIGMA_MUTATIONS=10000` for a long run. */
const mutatedFiles = Number(process.env['SIGMA_MUTATIONS'] ?? '2000')

describe('a condition', () => {
  it('is the same after being printed and read', () => {
    fc.assert(
      fc.property(tree, (expr) => {
        const result = parseCondition(print(expr), leaves)
        expect('expr' in result ? result.expr : result.problem).toEqual(expr)
      }),
      { numRuns: 500 },
    )
  })

  it('compiled gives what its plain reading gives', () => {
    const events = fc.uniqueArray(fc.constantFrom(...names))
    fc.assert(
      fc.property(tree, fc.array(events, { minLength: 2, maxLength: 4 }), (condition, several) => {
        const rule = { ...parseRule(ruleText('selection: { a: true }')), condition }
        const ruleSet = ruleSetOf([rule, { ...rule, condition: { kind: 'not', item: condition } }])
        for (const present of several) {
          const raw = Object.fromEntries(present.map((name) => [name, true]))
          const expected = holds(
            condition,
            (path) => (path in raw ? [true] : undefined),
            () => [],
          )
          expect(
            ruleSet.matchEvent(eventOf(raw)).map((match) => match.rule === ruleSet.rules[0]),
          ).toEqual([expected])
        }
      }),
      { numRuns: 500 },
    )
  })
})

/** Texts of few characters, so that patterns meet them often. */
const subject = fc.string({
  unit: fc.constantFrom('a', 'b', '\n', '\\', '*', '?', '😀', 'A'),
  maxLength: 12,
})

/** The same pattern as a regular expression, read another way: escapes first. */
function asRegExp(source: string): RegExp {
  const escaped = source.replaceAll(/\\[*?\\]|[\s\S]/gu, (part) => {
    if (part === '*') return '[\\s\\S]*'
    if (part === '?') return '[\\s\\S]'
    const literal = part.length === 2 && part.startsWith('\\') ? part.slice(1) : part
    return `\\u{${literal.codePointAt(0)?.toString(16)}}`
  })
  return new RegExp(`^${escaped}$`, 'u')
}

describe('a pattern', () => {
  it('matches what its translation to a regular expression matches', () => {
    let matched = 0
    fc.assert(
      fc.property(subject, subject, (source, text) => {
        const expected = asRegExp(source).test(text)
        if (expected) matched += 1
        expect(compilePattern(parsePattern(source))(text)).toBe(expected)
      }),
      { numRuns: 20_000 },
    )
    expect(matched).toBeGreaterThan(100)
  })

  it('that is a text with all its special characters escaped matches that text only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, other) => {
        const matches = compilePattern(parsePattern(text.replaceAll(/[*?\\]/g, String.raw`\$&`)))
        expect([matches(text), matches(`${text}x`), matches(other)]).toEqual([
          true,
          false,
          other === text,
        ])
      }),
    )
  })
})

describe('an address', () => {
  it('lies in the network of its own first bits', () => {
    const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))
    fc.assert(
      fc.property(octets, octets, fc.integer({ min: 0, max: 32 }), (first, second, prefix) => {
        const number = ([a, b, c, d]: readonly number[]): bigint =>
          BigInt(((a! * 256 + b!) * 256 + c!) * 256 + d!)
        const shift = BigInt(32 - prefix)
        const start = (number(first) >> shift) << shift
        const dotted = [24n, 16n, 8n, 0n].map((bits) => (start >> bits) & 255n).join('.')
        const expected = number(second) >> shift === number(first) >> shift
        expect(isMatch(`{ a|cidr: ${dotted}/${prefix} }`, { a: first.join('.') })).toBe(true)
        expect(isMatch(`{ a|cidr: ${dotted}/${prefix} }`, { a: second.join('.') })).toBe(expected)
        expect(
          isMatch(`{ a|cidr: ${dotted}/${prefix} }`, { a: `::FFFF:${second.join('.')}` }),
        ).toBe(expected)
      }),
      { numRuns: 200 },
    )
  })
})

describe('the parser', () => {
  const rule = ruleText(
    "a:\n  verb|contains|all: [get, 'l*']\n  x|re|i: '^a.b$'\n_b: [word, 403]\nc: { y|cidr: 192.0.2.0/24, z: null }",
    '1 of a* and not (_b or c)',
  )

  const correlation = [
    'title: C\nname: c\nkubewitness: { count: events, lateness: 5m }\ncorrelation:\n  type: temporal_ordered',
    '  rules: [a, d]\n  group-by: [u, verb]\n  timespan: 10m\n  condition: a and not (d or d)\n  generate: true',
    '  aliases: { u: { a: user.username, d: x } }',
  ].join('\n')
  const counted = correlation
    .replace('temporal_ordered', 'value_percentile')
    .replace('a and not (d or d)', '{ gte: 5, lt: 1e3, field: x, percentile: 95 }')
    .replace(/^(title|name): c/gim, '$1: d')
  const named = (name: string): string =>
    `title: ${name}\nname: ${name}\nlogsource: { product: x }\ndetection: { s: { v: 1 }, condition: s }`
  const correlated = [
    correlation,
    counted.replace('[a, d]', '[a, b]').replace(', d: x', ''),
    named('a'),
    named('b'),
  ].join('\n---\n')

  it.each([
    ['rule', rule],
    ['correlation', correlated],
  ])(
    'never throws, and gives a %s or an error, whatever is cut, put in or doubled',
    (_what, rule) => {
      const pieces = fc.constantFrom(
        '|',
        ':',
        '[',
        ']',
        '{',
        '}',
        '*',
        '&a ',
        '*a',
        '\n',
        '  ',
        "'",
        '"',
        '!!',
        '---\n',
        'not ',
        '(',
        ')',
        '~',
        '010',
        '\u0000',
        '\ud800',
        '<<',
        '%',
        '@',
      )
      expect(parseRules([{ path: 'x.yml', text: rule }]).problems).toEqual([])
      let refused = 0
      fc.assert(
        fc.property(
          fc.array(
            fc.tuple(fc.nat(rule.length), fc.nat(4), fc.oneof(pieces, fc.string({ maxLength: 3 }))),
            { minLength: 1, maxLength: 4 },
          ),
          (edits) => {
            const text = edits.reduce(
              (now, [at, cut, put]) => now.slice(0, at) + put + now.slice(at + cut),
              rule,
            )
            const { rules, problems } = parseRules([{ path: 'x.yml', text }])
            const errors = problems.filter(({ severity }) => severity === 'error')
            expect(rules.length + errors.length).toBeGreaterThan(0)
            if (errors.length > 0) refused += 1
            for (const problem of problems)
              expect(problem).toMatchObject({
                path: 'x.yml',
                line: expect.any(Number),
                column: expect.any(Number),
              })
          },
        ),
        { numRuns: mutatedFiles },
      )
      expect(refused).toBeGreaterThan(100)
    },
  )
})
