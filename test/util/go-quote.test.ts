import { describe, expect, it } from 'vitest'
import { goQuote } from '../../src/util/go-quote.ts'

describe('a text quoted as Go does it', () => {
  it.each([
    ['', '""'],
    ['system:node-proxier/a b', '"system:node-proxier/a b"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\u0007\b\f\n\r\t\v\0\u001b\u007f', '"\\a\\b\\f\\n\\r\\t\\v\\x00\\x1b\\x7f"'],
    ['é→日本', '"é→日本"'],
    ['\u0085\u00a0\u200b\ufeff\u{e0001}', '"\\u0085\\u00a0\\u200b\\ufeff\\U000e0001"'],
    ['\ud800', '"\ufffd"'],
  ])('%j is %s', (text, expected) => expect(goQuote(text)).toBe(expected))
})
