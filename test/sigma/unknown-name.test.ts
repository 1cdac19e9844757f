import { expect, it } from 'vitest'
import { unknownName } from '../../src/sigma/unknown-name.ts'
import { parseText, ruleText } from './support.ts'

it('says which name was meant, where it is a slip', () => {
  expect(unknownName('selection', 'selecton', ['filter', 'selection'])).toBe(
    'there is no selection `selecton`; did you mean `selection`? there are: filter, selection',
  )
  expect(unknownName('selection', 'other', ['filter', 'selection'])).toBe(
    'there is no selection `other`; there are: filter, selection',
  )
})

it('does so of modifiers and of selections', () => {
  const messages = (text: string): readonly string[] =>
    parseText(text).problems.map(({ message }) => message.replace(/\? there are: .*/, '?'))
  expect(messages(ruleText('selection: { a|startwith: x }', 'selecton'))).toEqual([
    'there is no modifier `startwith`; did you mean `startswith`?',
    'there is no selection `selecton`; did you mean `selection`?',
  ])
})
