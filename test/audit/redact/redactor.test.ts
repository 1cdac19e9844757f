import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hintsOf, newRedactor, redactedEvent, redactedText } from './support.ts'

function redacted(redactor: ReturnType<typeof newRedactor>, item: string): string | undefined {
  const bytes = Buffer.from(item)
  const result = redactor.redactItem(bytes, 0, bytes.length, hintsOf(bytes))
  return result === undefined ? undefined : Buffer.from(result).toString('utf8')
}

describe('a marker', () => {
  it('is of the length in bytes and a hash that is equal for equal values, wherever they stood', () => {
    const event = redactedEvent({
      requestURI: '/x?password=h%C3%A9',
      objectRef: { resource: 'secrets' },
      requestObject: { data: { a: 'h\u00e9', b: 'h\u00e8', c: 'h\u00e9' } },
    })
    const [, hash] = /^\/x\?password=redacted:3:([0-9a-f]{12})$/.exec(String(event['requestURI']))!
    expect(event['requestObject']).toEqual({
      data: {
        a: `[redacted:3:${hash}]`,
        b: expect.stringMatching(/^\[redacted:3:[0-9a-f]{12}\]$/),
        c: `[redacted:3:${hash}]`,
      },
    })
    expect(JSON.stringify(event).split(hash!).length - 1).toBe(3)
  })

  it('is the HMAC-SHA-256 of the value, cut', () => {
    const item = '{"requestObject":{"token":"CANARY"}}'
    expect(redactedText(item, newRedactor('k'))).toBe(
      '{"requestObject":{"token":"[redacted:6:f7fe086cce89]"}}',
    )
  })

  it('is the same for a value in another escaping', () => {
    const [plain, escaped] = ['\u00e9\ud83d\ude00\n<x', '\\u00e9\\ud83d\\ude00\\u000a\\u003cx'].map(
      (value) => redactedText(`{"requestObject":{"token":"${value.replace('\n', '\\n')}"}}`),
    )
    expect(plain).toContain('[redacted:9:')
    expect(escaped).toBe(plain)
  })

  it('is the same for a long value in another escaping, and stays when it is there', () => {
    const value = `CANARY${'x'.repeat(60)}`
    const redactedWith = (json: string): string =>
      redactedText(`{"objectRef":{"resource":"secrets"},"requestObject":{"data":{"a":"${json}"}}}`)
    const plain = redactedWith(value)
    expect(plain).toMatch(/"data":\{"a":"\[redacted:66:[0-9a-f]{12}\]"\}\}\}$/)
    expect(redactedWith(value.replace('C', '\\u0043'))).toBe(plain)
    expect(redactedText(plain)).toBe(plain)
  })

  it('is another with another key', () => {
    const item = '{"requestObject":{"token":"CANARY"}}'
    expect(redactedText(item, newRedactor('a'))).not.toBe(redactedText(item, newRedactor('b')))
  })
})

describe('a redactor', () => {
  const items = [
    '{"requestURI":"/x?token=CANARY","userAgent":"Bearer CANARY1"}',
    '{"requestURI":"/x?watch=true","userAgent":"kubectl/v1"}',
    '{"requestURI":"/x","objectRef":{"resource":"secrets"},"requestObject":{"data":{"a":"CANARY"},"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"CANARY"}}}}',
    '{"requestURI":"/x","requestObject":{"env":[{"name":"TOKEN","value":"CANARY"}],"args":["--token=CANARY"]}}',
  ]
  const body = Buffer.from(`{"items":[${items.join()}]}`)

  it('gives the same with and without preparation, and leaves its input alone', () => {
    const redactor = newRedactor()
    const before = Buffer.from(body)
    const run = () =>
      items.map((item) => {
        const start = body.indexOf(item)
        const hints = hintsOf(Buffer.from(item))
        const result = redactor.redactItem(body, start, start + item.length, {
          ...hints,
          uriStart: start + hints.uriStart,
          uriEnd: start + hints.uriEnd,
        })
        return result && Buffer.from(result).toString('utf8')
      })
    const unprepared = run()
    redactor.prepare(body)
    expect(run()).toEqual(unprepared)
    expect(unprepared).toEqual(items.map((item) => redacted(newRedactor(), item)))
    expect(unprepared.map((item) => item === undefined)).toEqual([false, true, false, false])
    expect(body.equals(before)).toBe(true)
    redactor.prepare(Buffer.from('{}'))
    expect(run()).toEqual(unprepared)
  })

  it('counts by kind since the last time it was asked', () => {
    const redactor = newRedactor()
    for (const item of items) redacted(redactor, item)
    redactor.redactText('password=CANARY')
    expect(redactor.takeCounts()).toEqual({
      uri: 1,
      pattern: 2,
      body: 1,
      'last-applied': 1,
      environment: 1,
      command: 1,
    })
    expect(redactor.takeCounts()).toEqual({})
  })

  it('is not led astray by keys of Object.prototype', () => {
    const item =
      '{"__proto__":{"requestObject":1},"requestObject":{"__proto__":{"password":"CANARY"},"constructor":"a","toString":{"hasOwnProperty":"b"}}}'
    expect(redacted(newRedactor(), item)).toMatch(
      /^\{"__proto__":\{"requestObject":1\},"requestObject":\{"__proto__":\{"password":"\[redacted:6:[0-9a-f]{12}\]"\},"constructor":"a","toString":\{"hasOwnProperty":"b"\}\}\}$/,
    )
  })

  it('takes a value that is nested beyond measure whole', () => {
    const deep = `${'{"a":'.repeat(5_000)}"CANARY"${'}'.repeat(5_000)}`
    const text = redacted(newRedactor(), `{"requestObject":${deep}}`)!
    expect(text).not.toContain('CANARY')
    expect(() => JSON.parse(text)).not.toThrow()
    expect(
      redacted(newRedactor(), `{"requestObject":${deep.replace('"CANARY"', '1')}}`),
    ).toBeDefined()
    const nested = (depth: number): string =>
      depth === 0 ? '{"a":"CANARY"}' : JSON.stringify({ a: nested(depth - 1) })
    expect(
      redacted(newRedactor(), `{"requestObject":{"a":${JSON.stringify(nested(7))}}}`),
    ).not.toContain('CANARY')
  })
})

/** Names that are chosen by people, with all that JSON may escape. */
const name = fc
  .string({ unit: 'binary', maxLength: 8 })
  .filter((text) => !/CANARY|redacted/.test(text))
const noise = fc
  .jsonValue({ maxDepth: 3 })
  .filter(
    (value) =>
      !/pass|pwd|secret|token|cred|key|jwt|dsn|docker|CANARY|:\/\//i.test(JSON.stringify(value)),
  )

/** A secret that no noise contains: CANARY and a number. */
const canary = fc.nat().map((n) => `CANARY${n}0a`)

/** Puts a value somewhere into containers, between noise. */
function wrapped(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(value, fc.array(fc.tuple(fc.boolean(), name, noise), { maxLength: 5 }))
    .map(([inner, layers]) =>
      layers.reduce<unknown>(
        (below, [isArray, key, other]) =>
          isArray ? [other, below, other] : { before: other, [`x${key}`]: below, after: other },
        inner,
      ),
    )
}

/** Everywhere that a secret may be, as an event. */
const planted: fc.Arbitrary<object> = canary.chain((secret) =>
  fc.oneof(
    fc
      .tuple(
        fc.constantFrom('secrets', 'configmaps', 'tokenreviews', 'certificatesigningrequests'),
        fc.constantFrom('data', 'stringData', 'spec', 'status', 'binaryData', 'foo'),
        name,
        wrapped(fc.constant(secret)),
      )
      .map(([resource, field, key, value]) => ({
        objectRef: { resource },
        requestObject: { [field]: { [`x${key}`]: value } },
        responseObject: { items: [{ [field]: { [`x${key}`]: value } }] },
      })),
    wrapped(
      fc
        .tuple(fc.constantFrom('Secret', 'secret', 'ConfigMapList', 'TokenReview'), noise)
        .map(([kind, other]) => ({ before: other, items: [{ data: { k: secret } }], kind })),
    ).map((requestObject) => ({ objectRef: { resource: 'pods' }, requestObject })),
    wrapped(
      fc
        .constantFrom(
          'password',
          'DB_PASSWORD',
          'apiToken',
          'client-secret',
          'private_key',
          'accessKey',
        )
        .chain((key) =>
          fc.constantFrom<unknown>(
            { [key]: secret },
            { [key]: [secret] },
            { [key]: { value: secret } },
            { name: key, value: secret },
            { value: secret, name: key },
            { args: [`--${key}=${secret}`] },
            { command: ['a', `--${key}`, secret] },
            { args: [`run --${key} ${secret} and more`] },
            { text: JSON.stringify({ [key]: secret }) },
            [{ op: 'add', path: `/spec/${key}`, value: secret }],
          ),
        ),
    ).map((responseObject) => ({ responseObject })),
    wrapped(
      fc.constantFrom(
        `Bearer ${secret}`,
        `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.${secret}`,
        `-----BEGIN EC PRIVATE KEY-----\n${secret}\n-----END EC PRIVATE KEY-----`,
        `https://me:${secret}@example.com/`,
      ),
    ).map((value) => ({ userAgent: value, user: { extra: value }, requestObject: value })),
  ),
)

describe('whatever is around it', () => {
  it('a planted secret never survives, what is left is JSON, and redacting again changes nothing', () => {
    fc.assert(
      fc.property(planted, (event) => {
        const redactor = newRedactor()
        const text = redacted(redactor, JSON.stringify(event))
        expect(text).not.toContain('CANARY')
        expect(JSON.parse(text!)).toBeDefined()
        expect(redacted(redactor, text!)).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
  })

  it('JSON in any form comes through without harm, and what is not secret unchanged', () => {
    fc.assert(
      fc.property(noise, noise, fc.constantFrom(undefined, 1), (a, b, indent) => {
        const event = { requestURI: '/x', a, requestObject: { b } }
        const text = redactedText(JSON.stringify(event, undefined, indent))
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(event)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('a URL of any text never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (rest) => {
        const event = redactedEvent({ requestURI: `/x?token=CANARY&${rest}` })
        expect(String(event['requestURI'])).not.toContain('CANARY')
      }),
    )
  })
})
