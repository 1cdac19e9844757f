import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../src/audit/event.ts'
import { createFieldReader } from '../../src/audit/fields.ts'
import { indexedFields } from '../../src/audit/item-keys.ts'
import { everyPredicate, knownPredicates } from '../../src/audit/known-predicates.ts'
import { createBodySplitter } from '../../src/audit/split.ts'
import type { FieldExpr, ItemIndex } from '../../src/contracts.ts'
import { parseRule, ruleText } from '../sigma/support.ts'
import { readEvents } from '../support/recordings.ts'

/** Each predicate as the rule language says it. */
const tests = knownPredicates.map(({ field, kind, values }) => {
  const modifier = kind === 'equals' || kind === 'wildcard' ? '' : `|${kind}`
  const selection = { [field + modifier]: kind === 'exists' ? true : values }
  const { condition } = parseRule(ruleText(`a: ${JSON.stringify(selection)}`, 'a'))
  // A selection of one field is one test.
  return condition as FieldExpr
})

const splitBody = createBodySplitter()

/** What is told of each item that is taken, beside what is true of it. */
function certainties(bytes: Uint8Array): { told: number[]; truth: number[]; known: number }[] {
  const { items, bytes: kept } = splitBody(bytes)
  return Array.from({ length: items.count }, (_, i) => {
    const text = Buffer.from(kept).toString('utf8', items.starts[i], items.ends[i])
    const event = toAuditEvent(JSON.parse(text), { cluster: 'test', receivedAtMs: 0 })
    const reader = createFieldReader(event)
    const certainlyTrue = items.certainlyTrue[i]! | 0
    const certainlyFalse = items.certainlyFalse[i]! | 0
    expect(certainlyTrue & certainlyFalse).toBe(0)
    const truth = tests.reduce(
      (bits, { path, test }, bit) => (test.matches(reader.read(path)) ? bits | (1 << bit) : bits),
      0,
    )
    const told = [certainlyTrue, certainlyFalse]
    return {
      told,
      truth: [certainlyTrue & truth, certainlyFalse & ~truth],
      known: certainlyTrue | certainlyFalse,
    }
  })
}

function expectTrue(bytes: Uint8Array): number {
  let taken = 0
  for (const { told, truth } of certainties(bytes)) {
    expect(told).toEqual(truth)
    taken++
  }
  return taken
}

/** JSON strings of a text, in more ways than JSON.stringify knows. */
const spelled = (text: string) =>
  fc
    .array(fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3), {
      minLength: text.length,
      maxLength: text.length,
    })
    .map((ways) => `"${[...text].map((letter, i) => spelledLetter(letter, ways[i])).join('')}"`)

function spelledLetter(letter: string, way: number | undefined): string {
  if (way === 1) return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  const other = way === 2 ? letter.toUpperCase() : letter
  if (way === 3 && letter.toLowerCase() === 'k') return '\u212a'
  return JSON.stringify(other).slice(1, -1)
}

const beginnings = knownPredicates.flatMap(({ values }) => values)
const texts = fc
  .tuple(
    fc.constantFrom('', '', '', 'x', '\\', 'to '),
    fc.oneof(fc.constantFrom(...beginnings), fc.string()),
    fc.constantFrom('', '', 'x', 'node:a', '"', '\\', '\u00e9'),
    fc.nat(3),
  )
  .map(
    ([before, text, behind, cut]) =>
      before + text.slice(0, text.length - (cut === 3 ? 1 : 0)) + behind,
  )
const octet = fc.oneof(
  fc.constantFrom(
    '10',
    '172',
    '16',
    '31',
    '32',
    '192',
    '168',
    '100',
    '64',
    '127',
    '128',
    '169',
    '254',
    '0',
    '01',
    '256',
    '',
  ),
  fc.nat(300).map(String),
)
const addresses = fc.oneof(
  fc.array(octet, { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.')),
  fc.constantFrom('::1', '::2', '::ffff:10.0.0.1', '10.0.0.1:80', ' 10.0.0.1', '', '127.0.0.1'),
)
const auditIds = fc.oneof(
  fc.uuid({ version: 4 }),
  fc.uuid({ version: 7 }),
  fc.uuid({ version: 4 }).map((id) => `${id.slice(0, 35)}\u00e9`),
  fc.uuid({ version: 4 }).map((id) => `\\${id.slice(1)}`),
)
const string = fc.oneof(texts, addresses, auditIds).chain(spelled)
const value = fc.oneof(
  { weight: 6, arbitrary: string },
  { weight: 3, arbitrary: fc.array(string, { maxLength: 3 }).map((list) => `[${list.join(',')}]`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'null',
      '1',
      '{}',
      '[[]]',
      '[1]',
      '[ "10.0.0.1"]',
      '["10.0.0.1" ]',
      '[]',
    ),
  },
)
const members = (keys: readonly string[], values: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(fc.constantFrom(...keys), values), { maxLength: 4 })
    .map((entries) => `{${entries.map(([key, text]) => `"${key}":${text}`).join(',')}}`)
const extra = members(
  [
    'authentication.kubernetes.io/credential-id',
    'authentication.kubernetes.io/pod-name',
    'authentication.kubernetes.io/pod-nam\\u0065',
    'authentication',
    'authentication.kubernetes',
    'pod-name',
  ],
  fc.oneof(value, members(['kubernetes.io/pod-name', 'io/pod-name'], value)),
)
const user = members(
  ['username', 'groups', 'extra', 'usernam\\u0065', 'extra.authentication.kubernetes.io/pod-name'],
  fc.oneof(value, extra),
)
const annotations = members(
  [
    'authorization.k8s.io/reason',
    'authorization.k8s.io/decision',
    'authorization.k8s.io/r\\u0065ason',
    'authorization',
  ],
  fc.oneof(value, members(['k8s.io/reason'], value)),
)
const item = fc
  .array(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.tuple(fc.constantFrom('userAgent', 'sourceIPs', 'auditID'), value),
      },
      {
        weight: 4,
        arbitrary: fc.tuple(fc.constant('user'), fc.oneof({ weight: 4, arbitrary: user }, value)),
      },
      {
        weight: 3,
        arbitrary: fc.tuple(
          fc.constant('annotations'),
          fc.oneof({ weight: 4, arbitrary: annotations }, value),
        ),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(
          fc.constantFrom('peerIp', 'claimedIps', 'user.username', 'userAg\\u0065nt', 'kind'),
          value,
        ),
      },
    ),
    { maxLength: 5 },
  )
  .map((entries) => ['"stage":"Panic"', ...entries.map(([key, text]) => `"${key}":${text}`)])
  .map((entries) => `{${entries.join(',')}}`)

describe('known predicates', () => {
  it('never contradict the rule language, however an item is written', () => {
    let taken = 0
    fc.assert(
      fc.property(item, (text) => {
        taken += expectTrue(Buffer.from(text))
      }),
      { numRuns: 5000 },
    )
    expect(taken).toBeGreaterThan(2000)
  })

  const recorded = ['attacks/impersonation.jsonl', 'attacks/secret-enumeration.jsonl'].flatMap(
    (name) => readEvents(name).map((event) => Buffer.from(JSON.stringify(event))),
  )

  it('are known of recorded events, and never contradict them when bytes are changed', () => {
    for (const bytes of recorded) expect(certainties(bytes)[0]?.known).toBe(everyPredicate)
    const changes = fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(2),
        fc.constantFrom(
          '',
          '"',
          '\\',
          'k',
          'K',
          '\\u0061',
          ',',
          '1',
          '.',
          ':',
          '\u212a',
          ' ',
          '\u00e9',
        ),
      ),
      { minLength: 1, maxLength: 3 },
    )
    let taken = 0
    fc.assert(
      fc.property(fc.constantFrom(...recorded), changes, (bytes, list) => {
        const changed = list.reduce((text, [at, remove, insert]) => {
          const place = Math.floor(at * text.length)
          return text.slice(0, place) + insert + text.slice(place + remove)
        }, bytes.toString())
        taken += expectTrue(Buffer.from(changed))
      }),
      { numRuns: 5000 },
    )
    expect(taken).toBeGreaterThan(1000)
  })

  it('are those of an item alone, whatever came before it', () => {
    const change = fc.tuple(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.constantFrom('', '"', '\\', 'x', '1', '4'),
    )
    const some = recorded.slice(0, 6).map(String)
    const odd = [1234, 12_345, 123_456].map(
      (number) =>
        `{"stage":"Panic","userAgent":${number},"user":${number},"verb":"${'x'.repeat(80)}"}`,
    )
    const text = fc
      .tuple(fc.constantFrom(...some, ...odd), fc.option(change))
      .map(([text, changed]) => {
        if (changed === null) return text
        const place = Math.floor(changed[0] * text.length)
        return text.slice(0, place) + changed[1] + text.slice(place + 1)
      })
    const columnsOf = (index: ItemIndex, i: number) => [
      ...indexedFields.map((field) => index.columns[field][i]),
      index.annotationKeys[i],
      index.certainlyTrue[i],
      index.certainlyFalse[i],
    ]
    fc.assert(
      fc.property(fc.array(text, { minLength: 2, maxLength: 8 }), (list) => {
        const body = Buffer.from(list.join('\n'))
        const { items } = splitBody(body)
        const whole = list.filter((one) => splitBody(Buffer.from(one)).rejects.length === 0)
        expect(items.count).toBeGreaterThanOrEqual(whole.length)
        for (let i = 0; i < items.count; i++) {
          const alone = splitBody(body.subarray(items.starts[i], items.ends[i]))
          expect(columnsOf(items, i)).toEqual(columnsOf(alone.items, 0))
        }
      }),
      { numRuns: 1000 },
    )
  })
})
