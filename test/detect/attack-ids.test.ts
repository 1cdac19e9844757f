import { expect, it } from 'vitest'
import {
  attackTactics,
  isAttackId,
  successorsOf,
  tacticNamed,
} from '../../src/detect/attack-ids.ts'

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

it('the list has as many tactics, techniques and sub-techniques as the notes of the release say', () => {
  const techniques = numbers(1000, 1999).filter((number) => isAttackId(`t${number}`))
  const parts = techniques.flatMap((number) =>
    numbers(1, 99).filter((part) => isAttackId(`t${number}.${String(part).padStart(3, '0')}`)),
  )
  expect([attackTactics.size, techniques.length, parts.length]).toEqual([15, 222, 475])
})

it('what earlier releases had leads to what there is now', () => {
  const retired = ['defense-evasion', 't1562', 't1562.001', 't1562.008', 't1656']
  for (const name of retired) {
    expect(isAttackId(name), name).toBe(false)
    expect(successorsOf(name).every(isAttackId), name).toBe(true)
  }
  expect(successorsOf('t1609')).toEqual([])
  expect(['execution', 'defense-evasion', 't1609'].map(tacticNamed)).toEqual([
    'execution',
    'stealth',
    undefined,
  ])
})
