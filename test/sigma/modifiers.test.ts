import { describe, expect, it } from 'vitest'
import { maxRegexInputCharacters } from '../../src/sigma/regex.ts'
import { codesOf, isMatch, parseText, ruleText } from './support.ts'

function codesOfSelection(selection: string): string[] {
  return codesOf(ruleText(`selection: ${selection}`)).map((code) => code.split(' ')[0] ?? '')
}

describe('a modifier', () => {
  it('S34 has one exact name; another is an error', () => {
    expect(codesOfSelection('{ a|Contains: x }')).toEqual(['modifier.unknown'])
    expect(codesOfSelection('{ a|constructor: x }')).toEqual(['modifier.unknown'])
    expect(codesOfSelection("{ 'a|': x }")).toEqual(['modifier.unknown'])
  })

  it('S35 `contains`, `startswith` and `endswith` look for a part of a text', () => {
    expect(isMatch('{ a|contains: BC }', { a: 'abcd' })).toBe(true)
    expect(isMatch('{ a|contains: b?d }', { a: 'abcde' })).toBe(true)
    expect(isMatch('{ a|startswith: ab }', { a: 'ABcd' })).toBe(true)
    expect(isMatch('{ a|startswith: bc }', { a: 'abcd' })).toBe(false)
    expect(isMatch("{ a|startswith: 'a*c' }", { a: 'abcd' })).toBe(true)
    expect(isMatch('{ a|endswith: cd }', { a: 'abCD' })).toBe(true)
    expect(isMatch('{ a|endswith: bc }', { a: 'abcd' })).toBe(false)
    expect(isMatch("{ a|endswith: 'b*d' }", { a: 'abcd' })).toBe(true)
    expect(isMatch("{ a|contains: ['x', 'c'] }", { a: 'abcd' })).toBe(true)
  })

  it('S36 that looks for a part wants texts that say something', () => {
    expect(codesOfSelection('{ a|contains: 5 }')).toEqual(['modifier.value'])
    expect(codesOfSelection('{ a|startswith: true }')).toEqual(['modifier.value'])
    expect(codesOfSelection('{ a|endswith: null }')).toEqual(['modifier.value'])
    expect(codesOfSelection("{ a|contains: '' }")).toEqual(['modifier.value'])
    expect(codesOfSelection("{ a|contains: '*' }")).toEqual(['modifier.value'])
    expect(codesOf(ruleText('selection: { a|contains: [x, 5] }'))).toEqual(['modifier.value 5:32'])
  })

  it('S37 `all` wants every value, wherever it stands, and is idle with one', () => {
    expect(isMatch('{ a|contains|all: [b, c] }', { a: 'abcd' })).toBe(true)
    expect(isMatch('{ a|all|contains: [b, x] }', { a: 'abcd' })).toBe(false)
    expect(codesOfSelection('{ a|contains|all: b }')).toEqual(['modifier.pointless'])
    expect(isMatch('{ a|contains|all: b }', { a: 'abcd' })).toBe(true)
  })

  it('S38 `cased` compares as written', () => {
    expect(isMatch('{ a|cased: Exec }', { a: 'Exec' })).toBe(true)
    expect(isMatch('{ a|cased: Exec }', { a: 'exec' })).toBe(false)
    expect(isMatch('{ a|cased|contains: xE }', { a: 'axEb' })).toBe(true)
    expect(isMatch('{ a|contains|cased: xE }', { a: 'axeb' })).toBe(false)
    expect(isMatch('{ a|cased: [Exec, Get] }', { a: 'get' })).toBe(false)
  })

  it('S39 `exists` asks for presence alone, so that null and empty values are there', () => {
    for (const value of [null, '', [], {}, 'x']) {
      expect(isMatch('{ a|exists: true }', { a: value })).toBe(true)
      expect(isMatch('{ a|exists: false }', { a: value })).toBe(false)
    }
    expect(codesOfSelection("{ a|exists: 'true' }")).toEqual(['modifier.value'])
    expect(codesOfSelection('{ a|exists: [true, false] }')).toEqual(['modifier.value'])
    expect(codesOfSelection('{ a|exists|all: true }')).toEqual(['modifier.combination'])
    expect(codesOfSelection('{ a|cased|exists: true }')).toEqual(['modifier.value'])
  })

  it('S40 `neq` negates the whole item', () => {
    expect(isMatch('{ a|neq: x }', { a: 'y' })).toBe(true)
    expect(isMatch('{ a|neq: x }', { a: 'X' })).toBe(false)
    expect(isMatch('{ a|neq: [x, y] }', { a: 'y' })).toBe(false)
    expect(isMatch('{ a|contains|neq: x }', { a: 'axb' })).toBe(false)
    expect(isMatch('{ a|neq: x }', { a: ['x', 'y'] })).toBe(false)
    expect(isMatch('{ a|neq: null }', { a: 'x' })).toBe(true)
  })

  it('S41 `re` searches anywhere, in the case as written, without wildcards or escapes of Sigma', () => {
    expect(isMatch("{ a|re: 'b.d' }", { a: 'abcde' })).toBe(true)
    expect(isMatch("{ a|re: 'B.D' }", { a: 'abcde' })).toBe(false)
    expect(isMatch("{ a|re: '^b' }", { a: 'abcde' })).toBe(false)
    expect(isMatch(String.raw`{ a|re: 'a\*' }`, { a: 'a*' })).toBe(true)
    expect(isMatch("{ a|re: ['x', '^4'] }", { a: 403 })).toBe(true)
    expect(isMatch('{ a|re: 403 }', { a: '403' })).toBe(true)
    expect(isMatch("{ a|re|all: ['a', 'e$'] }", { a: 'abcde' })).toBe(true)
  })

  it('S42 `re` may be followed by i, m and s, or their long names', () => {
    expect(isMatch("{ a|re|i: 'B.D' }", { a: 'abcde' })).toBe(true)
    expect(isMatch("{ a|re: 'a.b' }", { a: 'a\nb' })).toBe(false)
    expect(isMatch("{ a|re|dotall: 'a.b' }", { a: 'a\nb' })).toBe(true)
    expect(isMatch("{ a|re: '^b' }", { a: 'a\nb' })).toBe(false)
    expect(isMatch("{ a|re|multiline|ignorecase: '^B' }", { a: 'a\nb' })).toBe(true)
    expect(codesOfSelection("{ a|i: 'x' }")).toEqual(['modifier.value'])
  })

  it('S61 `re` with `startswith` or `endswith` is tied to that end of the value; `contains` adds nothing', () => {
    expect(isMatch("{ a|re|startswith: 'x|b' }", { a: 'bcd' })).toBe(true)
    expect(isMatch("{ a|re|startswith: 'x|b' }", { a: 'abcd' })).toBe(false)
    expect(isMatch('{ a|re|m|startswith: b }', { a: 'a\nb' })).toBe(false)
    expect(isMatch("{ a|re|endswith: 'c.' }", { a: 'abcd' })).toBe(true)
    expect(isMatch('{ a|re|endswith: b }', { a: 'abcd' })).toBe(false)
    expect(isMatch("{ a|re|contains|i: 'B.D' }", { a: 'abcde' })).toBe(true)
  })

  it('S43 `re` runs in linear time, so look-around, back-references and oversized expressions are refused', () => {
    for (const source of ['(?=x)', '(?<!x)y', '(a)\\1', '(', 'a{1001}', '']) {
      expect(codesOfSelection(`{ a|re: '${source}' }`)).toEqual(['value.invalid'])
    }
    expect(codesOfSelection(`{ a|re: '${'x'.repeat(2001)}' }`)).toEqual(['value.invalid'])
    expect(codesOfSelection("{ a|contains|re: 'x' }")).toEqual(['modifier.combination'])
    expect(isMatch("{ a|re: '(a+)+$' }", { a: `${'a'.repeat(50_000)}b` })).toBe(false)
  })

  it('S44 `re` looks at the first 1,048,576 characters of a value', () => {
    const padding = 'x'.repeat(maxRegexInputCharacters - 1)
    expect(maxRegexInputCharacters).toBe(1_048_576)
    expect(isMatch('{ a|re: y }', { a: `${padding}y` })).toBe(true)
    expect(isMatch('{ a|re: y }', { a: `x${padding}y` })).toBe(false)
  })

  it('S45 `cidr` wants an address of the network, and reads IPv4 in IPv6 as IPv4', () => {
    expect(isMatch('{ a|cidr: 192.0.2.0/24 }', { a: '192.0.2.255' })).toBe(true)
    expect(isMatch('{ a|cidr: 192.0.2.0/24 }', { a: '192.0.3.0' })).toBe(false)
    expect(isMatch('{ a|cidr: 192.0.2.7 }', { a: '192.0.2.7' })).toBe(true)
    expect(isMatch('{ a|cidr: 192.0.2.7 }', { a: '192.0.2.8' })).toBe(false)
    expect(isMatch('{ a|cidr: 0.0.0.0/0 }', { a: '203.0.113.9' })).toBe(true)
    expect(isMatch('{ a|cidr: 192.0.2.0/24 }', { a: '::ffff:192.0.2.1' })).toBe(true)
    expect(isMatch("{ a|cidr: '::ffff:192.0.2.0/120' }", { a: '192.0.2.1' })).toBe(true)
    expect(isMatch("{ a|cidr: '2001:db8::/32' }", { a: '2001:DB8:1::1' })).toBe(true)
    expect(isMatch("{ a|cidr: '2001:db8::/33' }", { a: '2001:db8:8000::1' })).toBe(false)
    expect(isMatch("{ a|cidr: '2001:db8::1' }", { a: '2001:0db8:0:0:0:0:0:1' })).toBe(true)
    expect(isMatch("{ a|cidr: '::/0' }", { a: '192.0.2.1' })).toBe(false)
    expect(
      isMatch('{ a|cidr: [10.0.0.0/8, 192.0.2.0/24] }', { a: ['203.0.113.1', '192.0.2.1'] }),
    ).toBe(true)
  })

  it('S46 `cidr` refuses what is no network, and takes what is no address for no match', () => {
    for (const text of [
      '192.0.2.1/24',
      '192.0.2.0/33',
      '192.0.2',
      '192.0.02.1',
      '2001:db8::1/32',
      '1::2::3',
      '1:2:3:4::5:6:7:8',
      '192.0.2.0/24/8',
      '192.0.2.0/x',
      '::/129',
      'text',
    ]) {
      expect(codesOfSelection(`{ a|cidr: '${text}' }`)).toEqual(['modifier.value'])
    }
    expect(codesOfSelection('{ a|contains|cidr: 192.0.2.0/24 }')).toEqual(['modifier.combination'])
    for (const text of [
      '192.0.2.0/24',
      '192.0.2.01',
      '192.0.2.256',
      'host',
      '',
      '1:2:3',
      '1:2:3:4::5:6:7:8',
      '1.2.3.4.5',
      ':::',
      'fe80::1%eth0',
      '1:2:3:4:5:6:7:8:9',
      '::192.0.2.1:1',
    ]) {
      expect(isMatch("{ a|cidr: [0.0.0.0/0, '::/0'] }", { a: text })).toBe(false)
    }
  })

  it('says what to do about a wrong value', () => {
    expect(parseText(ruleText('selection: { a|contains: 5 }')).problems).toEqual([
      {
        path: 'rule.yml',
        line: 5,
        column: 28,
        severity: 'error',
        code: 'modifier.value',
        message: '`contains` does not take a number value; put the value in quotes',
      },
    ])
  })
})
