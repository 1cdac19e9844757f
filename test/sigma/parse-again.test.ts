import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseRules } from '../../src/sigma/parse.ts'
import { createRuleParser } from '../../src/sigma/parse-again.ts'

const head = (number: number): string =>
  `title: Rule ${number}\nid: 4f6d2b52-6a2e-4c39-9d3b-00000000000${number}\nname: rule_${number}\nlogsource: { product: kubernetes }\n`
const event = (number: number, value: string): string =>
  `${head(number)}detection: { s: { 'verb|expand': '${value}' }, condition: s }\n`
const correlation = (number: number, of: number): string =>
  `${head(number)}correlation: { type: event_count, rules: [rule_${of}], group-by: [verb], timespan: 1m, condition: { gte: 2 } }\n`
const filter = (of: number): string =>
  `title: Filter\nlogsource: { product: kubernetes }\nfilter: { rules: [rule_${of}], s: { verb: list }, condition: not s }\n`
const text = fc.oneof(
  fc.tuple(fc.nat(4), fc.constantFrom('get', 'list', '%verbs%')).map((of) => event(...of)),
  fc.tuple(fc.nat(4), fc.nat(4)).map((of) => correlation(...of)),
  fc.nat(4).map(filter),
  fc.constantFrom('', 'title: broken', `${head(3)}detection: 1\n`),
)
const call = fc.record({
  files: fc.uniqueArray(fc.record({ path: fc.constantFrom('a', 'b', 'c', 'd'), text }), {
    selector: ({ path }) => path,
  }),
  verbs: fc.constantFrom(['get'], ['get', 'watch']),
})

/** Tests are functions inside; what they do is in their descriptions. */
function plain(parsed: ReturnType<typeof parseRules>): unknown {
  return JSON.parse(JSON.stringify(parsed))
}

it('files that are parsed again and again give what they give at once', () => {
  fc.assert(
    fc.property(fc.array(call, { minLength: 2, maxLength: 6 }), (calls) => {
      const parse = createRuleParser()
      for (const { files, verbs } of calls)
        expect(plain(parse(files, { placeholders: { verbs } }))).toEqual(
          plain(parseRules(files, { placeholders: { verbs } })),
        )
    }),
    { numRuns: 300 },
  )
})

it('a file that has not changed gives the rules that it gave before', () => {
  const parse = createRuleParser()
  const [first] = parse([{ path: 'a', text: event(1, 'get') }]).rules
  const both = [
    { path: 'b', text: event(2, 'get') },
    { path: 'a', text: event(1, 'get') },
  ]
  expect(parse(both).rules[1]).toBe(first)
  expect(parse(both, { placeholders: { verbs: ['get'] } }).rules[1]).not.toBe(first)
})
