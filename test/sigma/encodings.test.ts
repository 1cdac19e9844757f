import { describe, expect, it } from 'vitest'
import { codesOf, isMatch, parseText, ruleText } from './support.ts'

function codesOfSelection(selection: string): string[] {
  return codesOf(ruleText(`selection: ${selection}`)).map((code) => code.split(' ')[0] ?? '')
}

function inBase64(before: number, text: string, after: number): string {
  return Buffer.from('x'.repeat(before) + text + 'y'.repeat(after)).toString('base64')
}

describe('a modifier that encodes', () => {
  it('S47 `windash` takes a dash or slash that begins a word in five forms', () => {
    for (const dash of ['-', '/', '\u2013', '\u2014', '\u2015']) {
      expect(isMatch('{ a|windash|contains: " -f foo-bar" }', { a: `x ${dash}F foo-bar y` })).toBe(
        true,
      )
      expect(isMatch('{ a|windash: "/f" }', { a: `${dash}f` })).toBe(true)
    }
    expect(isMatch('{ a|windash|contains: "foo-bar" }', { a: 'foo/bar' })).toBe(false)
    expect(isMatch('{ a|windash|contains|all: ["-a", "-b"] }', { a: '/a –b' })).toBe(true)
    expect(isMatch('{ a|windash|contains|all: ["-a", "-b"] }', { a: '/a' })).toBe(false)
    expect(isMatch('{ a|contains|windash: "-a -b" }', { a: 'x /a -b' })).toBe(true)
    expect(isMatch('{ a|windash|neq: "-a" }', { a: '/a' })).toBe(false)
    expect(codesOfSelection('{ a|windash: "-a -b -c -d" }')).toEqual(['modifier.value'])
  })

  it('S48 `wide`, `utf16le`, `utf16be` and `utf16` give a text its bytes in UTF-16, and the last a byte order mark', () => {
    expect(isMatch('{ a|wide: ab }', { a: 'a\0b\0' })).toBe(true)
    expect(isMatch('{ a|utf16le|contains: b }', { a: 'a\0b\0' })).toBe(true)
    expect(isMatch('{ a|utf16be: "a*" }', { a: '\0a\0b' })).toBe(true)
    expect(isMatch('{ a|utf16: a }', { a: '\ufeffa\0' })).toBe(true)
    expect(
      isMatch('{ a|wide|base64: foo }', { a: Buffer.from('foo', 'utf16le').toString('base64') }),
    ).toBe(true)
    expect(isMatch('{ a|utf16|base64: foo }', { a: '//5mAG8AbwA=' })).toBe(true)
    expect(isMatch('{ a|windash|utf16be|contains: "-a" }', { a: '\x20\x15\0a' })).toBe(true)
    expect(codesOfSelection('{ a|wide: "ä" }')).toEqual(['modifier.value'])
    expect(codesOfSelection('{ a|wide: "😀" }')).toEqual(['modifier.value'])
    expect(codesOfSelection('{ a|utf16: 5 }')).toEqual(['modifier.value'])
  })

  it('S49 `base64` compares with the text in Base64, padding included', () => {
    expect(isMatch('{ a|base64: foob }', { a: 'Zm9vYg==' })).toBe(true)
    expect(isMatch('{ a|base64|contains: foob }', { a: 'x Zm9vYg== y' })).toBe(true)
    expect(isMatch('{ a|base64: "\\\\*" }', { a: 'Kg==' })).toBe(true)
    expect(codesOfSelection('{ a|base64: "foo*" }')).toEqual(['modifier.value'])
    expect(codesOfSelection('{ a|contains|base64: foo }')).toEqual(['modifier.value'])
  })

  it('S50 `base64offset` finds the text within data in Base64, whatever stands before and behind it', () => {
    for (const text of ['foo', 'secret', 'abcd', 'hello']) {
      for (const before of [0, 1, 2, 3, 4]) {
        for (const after of [0, 1, 2, 3]) {
          const a = inBase64(before, text, after)
          expect([
            text,
            before,
            after,
            isMatch(`{ a|base64offset|contains: ${text} }`, { a }),
          ]).toEqual([text, before, after, true])
        }
      }
    }
    const [rule] = parseText(ruleText('selection: { a|base64offset|contains: foo }')).rules
    expect(rule?.condition).toMatchObject({
      test: { description: 'is like *Zm9v* or is like *Zvb* or is like *mb2*' },
    })
    expect(
      isMatch('{ a|base64offset|contains|all: [foo, bar] }', { a: inBase64(1, 'foo', 1) }),
    ).toBe(false)
    expect(codesOfSelection('{ a|base64offset|contains: "foo*" }')).toEqual(['modifier.value'])
    expect(codesOfSelection('{ a|base64offset: "" }')).toEqual(['modifier.value'])
  })
})
