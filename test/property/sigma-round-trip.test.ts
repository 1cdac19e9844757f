import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDocument, stringify, type ToStringOptions } from 'yaml'
import { parseRules } from '../../src/sigma/parse.ts'

/** Texts as rules have them, and those that YAML or Sigma could take for something else. */
const texts = fc.oneof(
  fc.constantFrom(
    ...['get', 'pods/exec', 'system:anonymous', '*', 'kube-*', '?x', 'C:\\Windows\\*', 'a\\*b'],
    ...['yes', 'no', '010', '1e3', '12:30', 'null', '~', '- x', '# x', '{a}', "it's", '"x"', '%x%'],
    ...['line\nbreak', ' blank ', '&a', '!x', '<<', '0x10', '1_000', '2026-01-01', 'é😀'],
  ),
  fc.string({ minLength: 1, maxLength: 12 }).filter((text) => !text.includes('\r')),
)
const fields = fc.constantFrom(
  ...['verb', 'objectRef.resource', 'user.username', 'annotations.authorization.k8s.io/decision'],
  ...['requestObject.spec.containers.image', 'responseStatus.code', 'a b', 'c[0]'],
)
const scalars = fc.oneof(texts, fc.integer(), fc.boolean(), fc.constant(null))
const listOf = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof(values, fc.array(values, { minLength: 1, maxLength: 4 }))
const isLiteral = (text: string): boolean => /[^*]/.test(text)
const items: fc.Arbitrary<[string, unknown]> = fc.oneof(
  fc.tuple(fields, listOf(scalars)),
  fc.tuple(
    fc
      .tuple(fields, fc.constantFrom('contains', 'startswith', 'endswith', 'contains|all', 'cased'))
      .map(([field, modifier]) => `${field}|${modifier}`),
    listOf(texts.filter(isLiteral)),
  ),
  fc.tuple(
    fields.map((field) => `${field}|re`),
    fc.constantFrom('^a.*b$', '[0-9]+', 'x|y'),
  ),
  fc.tuple(
    fields.map((field) => `${field}|exists`),
    fc.boolean(),
  ),
  fc.tuple(
    fields.map((field) => `${field}|gte`),
    fc.integer(),
  ),
)
const maps = fc
  .array(items, { minLength: 1, maxLength: 4 })
  .map((entries) => Object.fromEntries(entries))
const selections = fc.oneof(
  { weight: 4, arbitrary: maps },
  { weight: 1, arbitrary: fc.array(maps, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(texts.filter(isLiteral), { minLength: 1, maxLength: 3 }) },
)
/** A rule with the keys that those of SigmaHQ have, in their order. */
const documents = fc.record({
  title: texts.filter((text) => text.trim() !== ''),
  status: fc.constantFrom('experimental', 'test', 'stable'),
  description: texts.filter((text) => text.trim() !== ''),
  references: fc.array(fc.webUrl(), { maxLength: 3 }),
  author: texts,
  date: fc.constant('2026-01-01'),
  tags: fc.array(fc.constantFrom('attack.t1609', 'attack.execution'), { maxLength: 2 }),
  logsource: fc.constantFrom(
    { category: 'application', product: 'kubernetes', service: 'audit' },
    { product: 'kubernetes', service: 'audit' },
  ),
  detection: fc.record({
    selection: selections,
    filter_main_known: selections,
    condition: fc.constantFrom(
      'selection and not 1 of filter_main_*',
      'selection and not filter_main_known',
      'all of them',
      '1 of selection* or filter_main_known',
    ),
  }),
  falsepositives: fc.array(texts, { minLength: 1, maxLength: 2 }),
  level: fc.constantFrom('low', 'medium', 'high', 'critical'),
})
const numbers = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
const thresholds = fc.dictionary(fc.constantFrom('gt', 'gte', 'lt', 'lte', 'eq', 'neq'), numbers, {
  minKeys: 1,
  maxKeys: 3,
})
/** Correlations over the rules `a` and `b`. */
const correlations = fc.record(
  {
    title: texts.filter((text) => text.trim() !== ''),
    level: fc.constantFrom('low', 'medium', 'high'),
    correlation: fc
      .record(
        {
          type: fc.constantFrom('event_count', 'value_count', 'value_sum', 'temporal'),
          rules: fc.constantFrom<unknown>('a', ['a'], ['b', 'a']),
          'group-by': listOf(fields).map((names) =>
            Array.isArray(names) ? [...new Set(names)] : names,
          ),
          timespan: fc.constantFrom('1s', '90m', '7d', '1M'),
          generate: fc.boolean(),
        },
        { requiredKeys: ['type', 'rules', 'timespan'] },
      )
      .chain((body) => {
        const measured = body.type.startsWith('value')
        const extra = measured ? fields.map((field) => ({ field })) : fc.constant({})
        return fc.record({
          ...Object.fromEntries(
            Object.entries(body).map(([key, value]) => [key, fc.constant(value)]),
          ),
          condition: fc.tuple(thresholds, extra).map(([tests, field]) => ({ ...tests, ...field })),
        })
      }),
  },
  { requiredKeys: ['title', 'correlation'] },
)
const styles = fc.record<ToStringOptions>({
  defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL'),
  collectionStyle: fc.constantFrom('any', 'block', 'flow'),
  indent: fc.constantFrom(2, 4),
  lineWidth: fc.constantFrom(0, 40, 80),
})

/** Two rules may not have one id. */
const ids = ['0e95725d-7320-415d-80f7-000000000000', '0e95725d-7320-415d-80f7-000000000001']

/** What two files say, in one reading, so that equal tests are the same object; without the places in the files. */
function readBoth(texts: readonly string[]): {
  readonly rules: unknown[]
  readonly errors: unknown[]
} {
  const { rules, problems } = parseRules(
    texts.map((text, number) => ({ path: `${number}.yml`, text })),
  )
  return {
    rules: rules.map(({ id: _id, ...rule }) => withoutPlaces(rule)),
    errors: problems.filter(({ severity }) => severity === 'error'),
  }
}

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces)
  // A test stays the object that it is, so that identity is compared.
  if (typeof value !== 'object' || value === null || 'matches' in value) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'location' && key !== 'keyLocations')
      .map(([key, inner]) => [key, withoutPlaces(inner)]),
  )
}

describe('a rule file', () => {
  it('means the same after being read, printed in any style, and read again', () => {
    fc.assert(
      fc.property(documents, styles, (document, style) => {
        const text = stringify({ ...document, id: ids[0] }, { version: '1.1' })
        const read = parseDocument(text, { version: '1.1' })
        read.set('id', ids[1])
        const printed = read.toString(style)
        const { rules, errors } = readBoth([text, printed])
        expect(errors).toEqual([])
        expect(rules).toHaveLength(2)
        expect(rules[1]).toEqual(rules[0])
      }),
      { numRuns: 500 },
    )
  })

  it('with a correlation means the same after being printed in any style, whatever stands before what', () => {
    const part = (name: string): string =>
      `title: ${name}\nname: ${name}\nlogsource: { product: kubernetes }\ndetection: { s: { verb: ${name} }, condition: s }`
    fc.assert(
      fc.property(correlations, styles, fc.boolean(), (document, style, isFirst) => {
        const text = stringify({ ...document, id: ids[0] }, { version: '1.1' })
        const read = parseDocument(text, { version: '1.1' })
        read.set('id', ids[1])
        const printed = read.toString(style)
        const parts = [part('a'), part('b')].join('\n---\n')
        const { rules, errors } = readBoth(
          isFirst ? [text, printed, parts] : [parts, text, printed],
        )
        expect(errors).toEqual([])
        const [first, second] = rules.filter((rule) => isCorrelation(rule))
        expect(first).toBeDefined()
        expect(second).toEqual(first)
      }),
      { numRuns: 300 },
    )
  })
})

function isCorrelation(rule: unknown): boolean {
  return typeof rule === 'object' && rule !== null && 'correlation' in rule
}
