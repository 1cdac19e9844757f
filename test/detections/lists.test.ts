import { expect, it } from 'vitest'
import { readRuleFiles } from '../../src/app/rule-files.ts'
import { withBuiltinLists } from '../../src/app/rule-lists.ts'

const lists = withBuiltinLists({})

it('every list of the rules is used by one of them', () => {
  const texts = readRuleFiles({ builtin: true, paths: [] }).map(({ text }) => text)
  const unused = Object.keys(lists).filter(
    (name) => !texts.some((text) => text.includes(`%${name}%`)),
  )
  expect(unused).toEqual([])
})

it('no list is empty or says a thing twice', () => {
  for (const [name, values] of Object.entries(lists)) {
    expect(values.length, name).toBeGreaterThan(0)
    expect(new Set(values).size, name).toBe(values.length)
  }
})

it('a list of the configuration replaces the one of the same name, and no other', () => {
  expect(
    withBuiltinLists({ schedulers: ['my-scheduler'], registries: ['registry.example.com'] }),
  ).toEqual({
    ...lists,
    schedulers: ['my-scheduler'],
    registries: ['registry.example.com'],
  })
})
