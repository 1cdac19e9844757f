import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldCase } from '../../src/sigma/fold.ts'
import { compileRegex } from '../../src/sigma/regex.ts'
import { requiredLiteral } from '../../src/sigma/regex-literal.ts'

describe('the text that an expression needs', () => {
  it.each([
    ['/api/v[0-9]+/secrets', '/secrets'],
    ['^Kubelet/', 'kubelet/'],
    ['ab?cd', 'cd'],
    ['abc{2}d', 'ab'],
    ['a(bc|de)fgh', 'fgh'],
    ['a\\.b\\*c', 'a.b*c'],
    ['curl|wget', undefined],
    ['[a-z]+', undefined],
    ['\\Qa|b\\E', undefined],
    ['(?i)desk/api', '/api'],
  ])('of %s is %s', (source, literal) => {
    expect(requiredLiteral(source, [])).toBe(literal)
  })

  it('stands in every text in which the expression is found', () => {
    const pieces = fc.constantFrom(
      ...['a', 'bc', 'K', 's', '/', '.', '?', '*', '+', '|', '(', '(?:', ')', '[ab]', '[^c]'],
      ...['{2}', '{0,1}', '\\.', '\\d', '\\b', '^', '$', '(?i)'],
    )
    const sources = fc.array(pieces, { minLength: 1, maxLength: 8 }).map((list) => list.join(''))
    const texts = fc
      .array(fc.constantFrom('a', 'bc', 'b', 'c', 'K', 'k', '\u212a', 's', '\u017f', '/', '.', '1'))
      .map((list) => list.join(''))
    let needed = 0
    fc.assert(
      fc.property(sources, texts, fc.constantFrom([], ['i'] as const), (source, text, flags) => {
        const search = compileRegex(source, flags)
        const literal = requiredLiteral(source, flags)
        if (typeof search === 'string' || literal === undefined || !search(text)) return
        needed += 1
        expect(foldCase(text)).toContain(literal)
      }),
      { numRuns: 20_000 },
    )
    expect(needed).toBeGreaterThan(100)
  })
})
