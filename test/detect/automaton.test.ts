import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createAutomaton } from '../../src/detect/automaton.ts'

/** The needles that the automaton finds in a text of ASCII characters, in ascending order. */
function foundIn(needles: readonly string[], text: string, isAtStart = false): number[] {
  const { next, classOf, classes, ends, found, dead } = createAutomaton(needles, isAtStart)
  const numbers = new Set<number>()
  let state = 0
  for (let i = 0; i < text.length; i++) {
    state = next[state + classOf[text.charCodeAt(i)]!]!
    if (state === dead) break
    if (state >= 0) continue
    state = ~state
    for (const number of found[ends[state / classes]!]!) numbers.add(number)
  }
  return [...numbers].sort((a, b) => a - b)
}

it('finds needles that lie in each other, begin with each other and overlap, whatever their case', () => {
  const needles = ['he', 'she', 'his', 'hers', 'he', 'ers']
  expect(foundIn(needles, 'uSHErs')).toEqual([0, 1, 3, 4, 5])
  expect(foundIn(needles, 'hi-s')).toEqual([])
})

it('has one state where nothing is sought', () => {
  expect(createAutomaton([])).toEqual({
    next: new Int32Array(1),
    classOf: new Uint8Array(128),
    classes: 1,
    ends: new Int32Array(1),
    found: [[]],
    dead: -1,
  })
})

it('finds exactly the needles that a text includes', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '/', ' '), maxLength: 30 })
  const needle = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(needle, { maxLength: 12 }), letters, (needles, text) => {
      const expected = needles.flatMap((each, number) => (text.includes(each) ? [number] : []))
      expect(foundIn(needles, text)).toEqual(expected)
      expect(foundIn(needles, text.toUpperCase())).toEqual(expected)
      const atStart = expected.filter((number) => text.startsWith(needles[number]!))
      expect(foundIn(needles, text, true)).toEqual(atStart)
    }),
  )
})
