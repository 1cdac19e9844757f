import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { fewAtOnce } from '../../src/util/few-at-once.ts'

it('gives the results in the order of the items, with no more under way than it may', async () => {
  let underWay = 0
  let most = 0
  const results = await fewAtOnce([5, 1, 4, 2, 3, 0], 3, async (turns) => {
    most = Math.max(most, ++underWay)
    for (let i = 0; i < turns; i++) await turn()
    underWay -= 1
    return turns * 10
  })
  expect({ results, most }).toEqual({ results: [50, 10, 40, 20, 30, 0], most: 3 })
  expect(await fewAtOnce([], 3, turn)).toEqual([])
})

it('rejects when one of them does', async () => {
  const work = async (item: string): Promise<string> => {
    if (item === 'b') throw new Error('no b')
    return item
  }
  await expect(fewAtOnce(['a', 'b', 'c'], 2, work)).rejects.toThrow('no b')
})
