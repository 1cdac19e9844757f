import { expect, it } from 'vitest'
import { ColumnMemo } from '../../src/detect/column-memo.ts'

it('gives of a key the answer that was kept of it, and of a key that it forgot none', () => {
  const memo = new ColumnMemo<number>(2)
  let known = 0
  for (let round = 0; round < 2; round++) {
    for (let each = 0; each < 20_000; each++) {
      memo.key.set([each, each % 7])
      if (!memo.find()) memo.keep(each)
      else {
        known += 1
        expect(memo.answer).toBe(each)
      }
    }
  }
  expect(known).toBeGreaterThan(0)
})

it('keeps two keys apart that share a slot', () => {
  const memo = new ColumnMemo<number>(1)
  const keys = Array.from({ length: 1000 }, (_, each) => each * 65_536)
  for (const key of keys) {
    memo.key.set([key])
    if (!memo.find()) memo.keep(key)
  }
  const known = keys.filter((key) => {
    memo.key.set([key])
    return memo.find() && memo.answer === key
  })
  expect(known.length).toBeGreaterThan(990)
})
