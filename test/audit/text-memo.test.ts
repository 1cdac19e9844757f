import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TextMemo } from '../../src/audit/text-memo.ts'

/** Texts that differ in a letter or two, at any place, behind any number of other bytes. */
const text = fc
  .tuple(fc.nat({ max: 40 }), fc.array(fc.nat({ max: 40 }), { maxLength: 2 }))
  .map(([length, changes]) =>
    changes.reduce((all, at) => (at < length ? all.with(at, 'b') : all), Array(length).fill('a')),
  )
  .map((letters) => letters.join(''))

it('knows of a text what was kept of it last, and never takes another one for it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.nat({ max: 3 })), { maxLength: 60 }), (asked) => {
      const memo = new TextMemo<string>({ slotBits: 3, maxBytes: 32 })
      for (const [each, before] of asked) {
        const bytes = Buffer.from(`${'x'.repeat(before)}${each}`)
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
        if (memo.find(view, before, each.length)) expect(memo.answer).toBe(each)
        else memo.keep(view, before, each.length, each)
        const isKept = each.length >= 4 && each.length <= 32
        expect(memo.find(view, before, each.length)).toBe(isKept)
      }
    }),
  )
})
