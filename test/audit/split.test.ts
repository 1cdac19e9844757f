import { describe, expect, it } from 'vitest'
import { createSplitter, type SplitOptions, splitBody } from '../../src/audit/split.ts'

const event = (auditID: string) => `{"auditID":"${auditID}","stage":"ResponseComplete"}`
const [a, b, c] = [event('a'), event('b'), event('c')]

/** The items and rejects of an input as text. */
function split(input: string | Uint8Array, options?: SplitOptions) {
  const bytes = Buffer.from(input)
  const { items, rejects } = splitBody(bytes, options)
  return {
    items: Array.from({ length: items.count }, (_, i) =>
      bytes.toString('utf8', items.starts[i], items.ends[i]),
    ),
    rejects: rejects.map(({ reason, start, end }) => [reason, bytes.toString('utf8', start, end)]),
  }
}

describe('the container', () => {
  it.each([
    [
      'an EventList',
      `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${a},${b}]}\n`,
    ],
    ['an EventList with items before kind', `{"items":[${a},${b}],"kind":"EventList"}`],
    [
      'an EventList with unknown keys around',
      `{"level":"info","x":[{"y":"]}"}],"items":[${a},${b}],"z":{"items":[1]}}`,
    ],
    [
      'an EventList of an older version',
      `{"kind":"EventList","apiVersion":"audit.k8s.io/v1beta1","items":[${a},${b}]}`,
    ],
    ['an array', `[${a},${b}]`],
    ['an array of one event a line', `[\n${a},\n${b}\n]\n`],
    ['JSON lines', `${a}\n${b}\n`],
    ['JSON lines with carriage returns and empty lines', `${a}\r\n\r\n\n${b}\r\n`],
    ['concatenated JSON', `${a}${b}`],
    ['events with commas between', `${a},\n${b},\n`],
    ['EventLists as JSON lines', `{"items":[${a}]}\n{"items":[${b}]}\n`],
    ['an array of EventLists', `[{"items":[${a}]},{"kind":"EventList","items":[${b}]}]`],
    ['an array of both', `[{"items":[${a}]},${b}]`],
    ['byte order marks and white space', `\ufeff \t\r\n${a}\n\ufeff${b} `],
  ])('may be %s', (_name, input) => {
    expect(split(input)).toEqual({ items: [a, b], rejects: [] })
  })

  it('may be one pretty-printed event', () => {
    const pretty = JSON.stringify({ auditID: 'a', user: { groups: ['x'] } }, null, 2)
    expect(split(`${pretty}\n${pretty}`)).toEqual({ items: [pretty, pretty], rejects: [] })
  })

  it('may be an EventList without a comma between the lines', () => {
    expect(split(`{"items":[\n${a}\n${b}\n]}`)).toEqual({ items: [a, b], rejects: [] })
  })

  it.each(['', ' \n', '\ufeff', '{"kind":"EventList"}', '{"items":null}', '{"items":[]}', '[]'])(
    'may hold nothing: %j',
    (input) => {
      expect(split(input)).toEqual({ items: [], rejects: [] })
    },
  )
})

describe('an item', () => {
  it.each([
    ['{"auditID":"a"}'],
    ['{"stage":"RequestReceived"}'],
    ['{"verb":"get"}'],
    ['{"requestURI":"/"}'],
    [
      '{"kind":"Event","apiVersion":"audit.k8s.io/v1alpha1","metadata":{},"timestamp":null,"auditID":"a"}',
    ],
    ['{"kind":"Event","verb":"get"}'],
    ['{"kind":"Pod","kind":"Event","verb":"get"}'],
    ['{"\\u0061uditID":"a"}'],
    ['{"auditID":"a","__proto__":{"x":1},"constructor":null}'],
    ['{"auditID":"a","auditID":"b"}'],
    ['{"auditID":{"a":[1,-0.5e+3,true,false,null,"\\ud800 \\" \\\\ é"]}}'],
  ])('is taken: %s', (item) => {
    expect(split(`{"items":[${item}]}`)).toEqual({ items: [item], rejects: [] })
  })

  it.each([
    ['not_an_event', '{}'],
    ['not_an_event', '{"metadata":{"name":"web-0"}}'],
    ['not_an_event', '{"kind":"Pod","stage":"x","auditID":"a"}'],
    ['not_an_event', '{"kind":"EventList","items":[]}'],
    ['not_an_object', 'null'],
    ['not_an_object', '"text"'],
    ['not_an_object', '-1.5'],
    ['not_an_object', '[{"auditID":"a"}]'],
    ['invalid_json', '{"auditID":}'],
    ['invalid_json', '{"auditID":"a",}'],
    ['invalid_json', '{"auditID":"a" "b"}'],
    ['invalid_json', '{"auditID":01}'],
    ['invalid_json', '{"auditID":"\\x"}'],
    ['invalid_json', '{"auditID":"\t"}'],
    ['invalid_json', '{auditID:"a"}'],
    ['invalid_json', '{"auditID":"a}'],
    ['invalid_json', '{"auditID":"a"]'],
    ['invalid_json', '{"auditID":"a"}}'],
    ['invalid_json', '"auditID":"a"}'],
  ])('is rejected as %s and its neighbours are not: %s', (reason, item) => {
    expect(split(`{"items":[${a},${item},${b}],"kind":"EventList"}`)).toEqual({
      items: [a, b],
      rejects: [[reason, item]],
    })
  })

  it('is rejected when its bytes are not UTF-8', () => {
    const bad = Buffer.from('{"auditID":"\xff"}', 'latin1')
    const input = Buffer.concat([Buffer.from(`[${a},`), bad, Buffer.from(`,${b}]`)])
    expect(split(input)).toEqual({ items: [a, b], rejects: [['invalid_utf8', bad.toString()]] })
  })

  it('is rejected beyond the depth limit, counting itself', () => {
    const deep = '{"auditID":[[1]]}'
    expect(split(`[${deep},${a}]`, { maxDepth: 3 })).toEqual({ items: [deep, a], rejects: [] })
    expect(split(`[${deep},${a}]`, { maxDepth: 2 })).toEqual({
      items: [a],
      rejects: [['too_deep', deep]],
    })
  })

  it('is rejected whole when it is nested 200,000 deep', () => {
    const deep = `{"auditID":"x","user":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    expect(split(`[${a},${deep},${b}]`)).toEqual({ items: [a, b], rejects: [['too_deep', deep]] })
  })

  it('is rejected beyond the size limit, of which it keeps the beginning', () => {
    const large = `{"auditID":"${'x'.repeat(100)}}]"}`
    for (const input of [`{"items":[${a},${large},${b}]}`, `${a}\n${large}\n${b}\n`]) {
      expect(split(input, { maxItemBytes: 60 })).toEqual({
        items: [a, b],
        rejects: [['too_large', large.slice(0, 60)]],
      })
    }
    expect(split(`[${a}]`, { maxItemBytes: a.length })).toEqual({ items: [a], rejects: [] })
  })

  it('keeps its body limits apart from those of its list', () => {
    const input = `{"items":[${a},${b},${c}]}`
    expect(split(input, { maxItemBytes: 64 })).toEqual({ items: [a, b, c], rejects: [] })
  })
})

describe('damage', () => {
  it.each([
    ['inside an item', `{"items":[${a},{"auditID":"x`, '{"auditID":"x'],
    ['between two items', `{"items":[${a},`, ''],
    ['behind the items', `{"items":[${a}]`, ''],
    ['inside a key behind the items', `{"items":[${a}],"ki`, '"ki'],
    ['inside a line', `${a}\n{"auditID":"x`, '{"auditID":"x'],
  ])('by a cut %s rejects the tail in one piece', (_name, input, tail) => {
    expect(split(input)).toEqual({ items: [a], rejects: [['truncated', tail]] })
  })

  it.each([
    ['not json', 'invalid_json'],
    ['<html>\n<p>502</p>\n</html>', 'invalid_json'],
    ['{"kind":"EventList","items":[{"auditID', 'truncated'],
    ['{"kind', 'truncated'],
    ['{{{{{{', 'invalid_json'],
    ['}}}}}', 'invalid_json'],
    ['[[[[', 'truncated'],
    ['nul', 'invalid_json'],
  ])('all over rejects the body in one piece: %j', (input, reason) => {
    expect(split(input).items).toEqual([])
    expect(split(input).rejects.map(([found]) => found)).toEqual([reason])
  })

  it('all over, in bytes that are no text, is one reject', () => {
    const gzip = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0x7b, 0xff, 0x5b, 0, 0x7d, 0x0a, 0xfe, 0x22])
    expect(splitBody(gzip).rejects).toEqual([
      {
        reason: 'invalid_utf8',
        offset: 0,
        start: 0,
        end: gzip.length,
        message: 'These bytes are not valid UTF-8.',
      },
    ])
  })

  it.each([
    'garbage',
    '{"auditID":"x',
    '{"a":1}}',
    '{"auditID":',
    '{"auditID":"x"',
    '{"a": "b',
    '] }',
    '"a" "b"',
  ])('of a line is a reject of that line: %s', (line) => {
    const { items, rejects } = split(`${a}\n${line}\n${b}\n${c}`)
    expect(items).toEqual([a, b, c])
    expect(rejects.map(([, text]) => text)).toEqual([line])
  })

  it('of two lines makes two rejects', () => {
    expect(split(`${a}\nfirst\nsecond\n${b}`)).toEqual({
      items: [a, b],
      rejects: [
        ['invalid_json', 'first'],
        ['invalid_json', 'second'],
      ],
    })
  })

  it('before an event on the same line costs the event nothing', () => {
    expect(split(`Nov 21 10:09:01 node ${a}\nNov 21 10:09:02 node ${b}`).items).toEqual([a, b])
  })

  it('of a list that is cut does not cost the list on the next line anything', () => {
    const list = `{"kind":"EventList","items":[${b}]}`
    expect(split(`{"items":[${a},{"audi\n${list}\n${list}`)).toEqual({
      items: [a, b, b],
      rejects: [['invalid_json', '{"audi']],
    })
    expect(split(`{"items":[${a},\n${list}`)).toEqual({
      items: [a, b],
      rejects: [['truncated', '']],
    })
    expect(split(`{"items":[${a}],"x":\n${list}`).items).toEqual([a])
  })

  it('of the wrapper costs its items nothing', () => {
    const { items, rejects } = split(`{"kind":EventList,"items":[${a},${b},${c}]}\n${a}`)
    expect(items).toEqual([a, b, c, a])
    expect(rejects).toEqual([
      ['invalid_json', '{"kind":EventList,"items":['],
      ['invalid_json', ']}'],
    ])
  })

  it('is told by its offset in the input', () => {
    expect(splitBody(Buffer.from(`${a}\noops\n`)).rejects).toEqual([
      {
        reason: 'invalid_json',
        offset: a.length + 1,
        start: a.length + 1,
        end: a.length + 5,
        message: 'These bytes are not valid JSON.',
      },
    ])
  })

  it('without end makes no more than a thousand rejects in a row', () => {
    const { items, rejects } = splitBody(Buffer.from(`[${'1,'.repeat(5000)}${a},2]`))
    expect([items.count, rejects.length]).toEqual([1, 1001])
    expect(rejects.slice(998, 1000).map(({ start, end }) => [start, end])).toEqual([
      [1997, 1998],
      [1999, 10_000],
    ])
  })

  it('that comes again and again takes time in proportion', () => {
    for (const [piece, found] of [
      [`{x,${a},`, 1],
      [`{x}y${a}`, 1],
      [`{"a":[${a},x`, 1],
    ] as const) {
      const times = 10_000
      expect(splitBody(Buffer.from(`${a}${piece.repeat(times)}`)).items.count).toBe(
        times * found + 1,
      )
    }
  })

  it('that nests without end takes time in proportion', () => {
    const size = 1_000_000
    for (const piece of ['{"kind":', '[{"a":', '{"a":"', '\\"{"auditID":']) {
      const input = `{"items":[${a},${piece.repeat(size / piece.length)}`
      expect(split(input).items).toEqual([a])
    }
  })
})

describe('a splitter', () => {
  it('gives an item as soon as it is surely complete, and keeps the rest', () => {
    const splitter = createSplitter()
    const counts = [`${a}\n{"audi`, 'tID":"b"}', '\n', ''].map(
      (text) => splitter.push(Buffer.from(text)).items.count,
    )
    expect([...counts, splitter.end().items.count]).toEqual([1, 0, 1, 0, 0])
  })

  it('holds no more than the size limit of an item that does not end', () => {
    const splitter = createSplitter({ maxItemBytes: 1000 })
    const rejects = [splitter.push(Buffer.from(`${a}\n{"auditID":"`))]
    for (let i = 0; i < 100; i++) rejects.push(splitter.push(Buffer.alloc(100, 'x')))
    rejects.push(splitter.push(Buffer.from(`"}\n${b}`)), splitter.end())
    expect(rejects.map(({ items }) => items.count).filter((count) => count > 0)).toEqual([1, 1])
    expect(Math.max(...rejects.map(({ bytes }) => bytes.length))).toBeLessThan(1200)
    expect(
      rejects.flatMap((chunk) => chunk.rejects).map(({ reason, offset }) => [reason, offset]),
    ).toEqual([['too_large', a.length + 1]])
  })
})
