import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanText } from '../../src/sinks/clean-text.ts'

describe('text for people', () => {
  it.each([
    ['plain', 'plain'],
    ['two\nlines\r\n\u2028more', 'two lines more'],
    ['\u001b[31mred\u0007', '[31mred'],
    ['abc\u202egnp\u2066x\u2069', 'abcgnpx'],
    ['zero\u200bwidth\ufeff\u00ad', 'zerowidth'],
    ['tag\u{e0041}', 'tag'],
    ['lone \ud800 half', 'lone \ufffd half'],
    ['<!channel> & *bold*', '<!channel> & *bold*'],
    ['\u0000', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(cleanText(text, 100)).toBe(expected)
  })

  it('is cut between characters, with a mark', () => {
    expect([cleanText('abcdef', 6), cleanText('abcdefg', 6), cleanText('abcd😀e', 6)]).toEqual([
      'abcdef',
      'abcde…',
      'abcd…',
    ])
  })

  it('shows that there is more behind a long invisible start', () => {
    expect(cleanText(`${'\u202e'.repeat(500)}mallory`, 10)).toBe('…')
  })

  it('never exceeds its length, holds nothing invisible and no half character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.integer({ min: 1, max: 80 }),
        (text, maxLength) => {
          const clean = cleanText(text, maxLength)
          expect(clean.length).toBeLessThanOrEqual(maxLength)
          expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
        },
      ),
    )
  })
})
