import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchReader } from '../../src/audit/batch-reader.ts'
import { decodeItem, identityOf, toAuditEvent, toItemEvent } from '../../src/audit/event.ts'
import { EventIdentity } from '../../src/audit/identity.ts'
import { innerKeyOf } from '../../src/audit/inner-keys.ts'
import { eventKeys } from '../../src/audit/item-keys.ts'
import { membersOf, untold } from '../../src/audit/item-members.ts'
import { splitBody } from '../../src/audit/split.ts'
import { TextPool } from '../../src/audit/text-pool.ts'
import { at } from '../../src/audit/wire.ts'
import type { AuditEvent, EventBatch } from '../../src/contracts.ts'
import { readRecording } from '../support/recordings.ts'

function batchOf(text: string | Uint8Array): EventBatch {
  const { bytes, items: index } = splitBody(Buffer.from(text))
  return { cluster: 'test', sender: '', receivedAtMs: 0, bytes, index }
}

const names = eventKeys.keys.map(({ name }) => name)
const parents = ['objectRef', 'responseStatus', 'annotations', 'impersonatedUser', 'user']
const inner = parents.flatMap((parent) =>
  [
    'resource',
    'name',
    'code',
    'message',
    'username',
    'groups',
    'authorization.k8s.io/reason',
  ].flatMap((key) => innerKeyOf(parent, key) ?? []),
)

function tellingOf(event: AuditEvent): object {
  const { words, isUuid } = identityOf(event, new EventIdentity())
  return { words: [...words], isUuid }
}

/**
 * What is asked for first decides where the walk begins: every order gives the same. Gives how many of the items were not told
 * one by one.
 */
function expectAsDecoded(batch: EventBatch, order: readonly string[]): number {
  const reader = new BatchReader(batch, new TextPool())
  let whole = 0
  for (let item = 0; item < batch.index.count; item++) {
    const members = membersOf(reader, item)
    if (members === undefined) {
      whole += 1
      continue
    }
    const raw = decodeItem(batch, item)
    const telling = tellingOf(toItemEvent(membersOf(reader, item)!, batch))
    expect(telling).toEqual(tellingOf(toAuditEvent(raw, batch)))
    for (const key of inner) {
      const scalar = members.scalar(key)
      if (scalar !== untold) expect(scalar).toEqual(at(at(raw, key.parent), key.key))
      const value = members.inner(key)
      if (value !== untold) expect(value).toEqual(at(at(raw, key.parent), key.key))
    }
    for (const field of ['requestURI', 'userAgent'] as const) {
      const text = members.text(field)
      if (text !== untold) expect(text).toBe(raw[field])
    }
    for (const key of order) expect(at(members.with(key), key)).toEqual(at(raw, key))
    expect(members.whole).toEqual(raw)
    expect(members.damage).toBeUndefined()
  }
  return whole
}

function keyIn(member: string): string {
  return member.split(':', 1)[0] ?? ''
}

const jsons: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>('pods', '', 'a"b', 'ü', 'x\\y\n', 403, -1.5e3, true, false, null),
  fc.constantFrom<unknown>(
    '9d1c5a2e-3b7f-4c6d-8e9f-0a1b2c3d4e5f',
    '9D1C5A2E-3b7f-4c6d-8e9f-0a1b2c3d4e5f',
    '/api?token=redacted:12:0123456789ab&watch=true',
    ['192.0.2.1'],
    ['192.0.2.1', '198.51.100.7'],
    ['a"'],
    [''],
    { username: 'jane', groups: ['a'] },
    { username: '' },
  ),
  fc.constantFrom<unknown>([], {}, ['a', { b: ']' }], { resource: 'x', name: null, code: 200 }),
  fc.record(
    {
      resource: fc.constantFrom<unknown>('pods', 'a"b', 1, null, ['x']),
      name: fc.constantFrom<unknown>('}', 'ünï', { a: 1 }),
      code: fc.constantFrom<unknown>(0, 200, '403', 1e21),
      'authorization.k8s.io/reason': fc.constantFrom<unknown>('to Group "x"', '', 5),
    },
    { requiredKeys: [] },
  ),
)

describe('the members of an item', () => {
  it('are those that decoding the whole gives, of recorded events', () => {
    const wholeIn = (name: string): number =>
      expectAsDecoded(batchOf(readRecording(name)), names.toReversed())
    expect([wholeIn('attacks/exec-websocket.jsonl'), wholeIn('special/odd-values.jsonl')]).toEqual([
      0, 0,
    ])
  })

  it('tell the event from others as the whole does, where a secret was taken out of its URI', () => {
    const requestURI = '/api?token=redacted:12:0123456789ab&watch=true'
    const batch = batchOf(JSON.stringify({ verb: 'get', stage: 'Panic', requestURI }))
    expect(expectAsDecoded(batch, [])).toBe(0)
  })

  it('are so in whatever order they stand and are asked for, with whatever values', () => {
    const members = fc.uniqueArray(fc.tuple(fc.constantFrom(...names, 'own', 'items2'), jsons), {
      selector: ([key]) => key,
      maxLength: 12,
    })
    const order = fc.shuffledSubarray([...names, 'own', 'toString', '__proto__'])
    let told = 0
    const spaces = fc.constantFrom('', ' ', '\n\t')
    fc.assert(
      fc.property(members, order, spaces, (entries, keys, space) => {
        const parts = entries.map(
          ([key, value]) => `"${key}"${space}:${space}${JSON.stringify(value)}${space}`,
        )
        const body = `{"verb":"get"${space},${space}"stage":"Panic"${space}${parts
          .filter((part) => !/^"(?:verb|stage|kind)"/.test(part))
          .map((part) => `,${space}${part}`)
          .join('')}}`
        told += 1 - expectAsDecoded(batchOf(body), keys)
      }),
    )
    // Of a hundred; of the others most have a key with a dot in an object.
    expect(told).toBeGreaterThan(30)
  })

  it('are so behind and between large bodies, whatever those and the annotations have for keys', () => {
    const time = '"requestReceivedTimestamp":"2026-01-01T00:00:00.000000Z"'
    const long = `"long":"${'x'.repeat(2000)}"`
    const bodies = [
      `{${long}}`,
      `{${long},${time}}`,
      `{${time},${long}}`,
      `[{${time}},{${long}}]`,
      '""',
    ]
    const others = [
      time,
      '"stageTimestamp":"2026-01-01T00:00:01.000000Z"',
      '"objectRef":{"resource":"pods"}',
      `"annotations":{"authorization.k8s.io/reason":"x",${time}}`,
      `"annotations":{${time},"authorization.k8s.io/reason":"x"}`,
      String.raw`"responseStatus":{"message":"\"requestReceivedTimestamp\":","code":403}`,
    ]
    const body = fc.constantFrom(...bodies)
    const parts = fc.tuple(
      fc
        .tuple(body, body)
        .map(([request, response]) => [
          `"requestObject":${request}`,
          `"responseObject":${response}`,
        ]),
      fc.subarray(others),
    )
    fc.assert(
      fc.property(
        parts.chain(([own, rest]) => fc.shuffledSubarray([...own, ...rest], { minLength: 1 })),
        fc.shuffledSubarray(names, { minLength: 5 }),
        fc.constantFrom('', ' ', '\n\t'),
        fc.boolean(),
        (members, keys, space, hasTexts) => {
          const texts = hasTexts ? ['"requestURI":"/api"', '"userAgent":"curl/8"'] : []
          const all = ['"verb":"get"', '"stage":"Panic"', ...texts, ...members]
          const unlike = all.filter(
            (member, place) => all.findIndex((other) => keyIn(other) === keyIn(member)) === place,
          )
          expectAsDecoded(batchOf(`{${unlike.join(`${space},${space}`)}${space}}`), keys)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('are not told one by one where a key stands twice, has an escape or a dot', () => {
    for (const item of [
      '{"verb":"get","stage":"Panic","verb":"list"}',
      String.raw`{"verb":"get","stage":"Panic","\u0076erb":"list"}`,
      '{"verb":"get","stage":"Panic","objectRef.name":"x"}',
      '{"verb":"get","stage":"Panic","user":{"groups":["a"],"groups":["b"]}}',
      String.raw`{"verb":"get","stage":"Panic","user":{"groups":["a"],"gr\u006fups":["b"]}}`,
    ])
      expect(membersOf(new BatchReader(batchOf(item), new TextPool()), 0)).toBeUndefined()
  })

  it('count as absent in damaged bytes, and the damage is told', () => {
    const batch = batchOf('{"verb":"get","stage":"Panic","objectRef":{"name":"x"}}')
    const text = Buffer.from(batch.bytes).toString()
    batch.bytes[text.indexOf('{"name"')] = 0x5b
    const members = membersOf(new BatchReader(batch, new TextPool()), 0)
    expect(members?.with('verb')).toEqual({ verb: 'get' })
    expect(members?.damage).toBeUndefined()
    expect(members?.with('objectRef')).toEqual({ verb: 'get' })
    expect(members?.damage).toBeInstanceOf(SyntaxError)
    expect(members?.whole).toEqual({})
  })
})

describe('a pool of texts', () => {
  it('gives the text of the bytes, whatever it gave before', () => {
    const pool = new TextPool()
    const unit = fc.constantFrom('a', 'b', 'é', '€', '"', '0')
    fc.assert(
      fc.property(fc.array(fc.string({ unit, maxLength: 250 })), (texts) => {
        for (const text of texts) {
          const bytes = Buffer.from(`<${text}>`)
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
          expect(pool.text(bytes, view, 1, bytes.length - 1)).toBe(text)
        }
      }),
    )
  })
})
