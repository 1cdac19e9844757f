import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packBatch, unpackBatch } from '../../src/audit/batch.ts'
import { itemsByPartition, pickItems } from '../../src/audit/part-items.ts'
import { createBodySplitter } from '../../src/audit/split.ts'
import { eventListBody } from '../support/bodies.ts'

const split = createBodySplitter()

function chunkOf(actors: readonly string[]) {
  const texts = actors.map((username, number) =>
    JSON.stringify({ auditID: `id-${number}`, verb: 'get', user: { username } }),
  )
  return split(eventListBody(texts))
}

const actors = fc.array(fc.constantFrom('alice', 'bob', 'carol', 'dave', 'ärgerlich', ''), {
  minLength: 1,
  maxLength: 30,
})

describe('the items of a batch by partition', () => {
  it('are all there, in order, and one actor is in one partition', () => {
    fc.assert(
      fc.property(actors, fc.integer({ min: 2, max: 12 }), (names, partitions) => {
        const { items } = chunkOf(names)
        const parts = itemsByPartition('prod', items, { by: 'actor', partitions })
        const numbers = [...parts.values()].flat()
        expect(numbers.toSorted((a, b) => a - b)).toEqual([...names.keys()])
        for (const part of parts.values()) expect(part).toEqual(part.toSorted((a, b) => a - b))
        const partitionOf = new Map<string, number>()
        for (const [partition, part] of parts)
          for (const number of part) {
            const name = names[number]!
            expect(partitionOf.get(name) ?? partition).toBe(partition)
            partitionOf.set(name, partition)
          }
      }),
    )
  })

  it('spread over the partitions', () => {
    const { items } = chunkOf(Array.from({ length: 400 }, (_, number) => `user-${number}`))
    const sizes = [...itemsByPartition('prod', items, { by: 'actor', partitions: 8 }).values()].map(
      ({ length }) => length,
    )
    expect(sizes).toHaveLength(8)
    expect(Math.min(...sizes)).toBeGreaterThan(25)
  })

  it.each(['cluster', 'actor'] as const)('depend on the cluster, by %s', (by) => {
    const { items } = chunkOf(['alice'])
    const partitions = new Set(
      Array.from({ length: 20 }, (_, number) => {
        const [partition] = itemsByPartition(`cluster-${number}`, items, {
          by,
          partitions: 8,
        }).keys()
        return partition
      }),
    )
    expect(partitions.size).toBeGreaterThan(3)
  })

  it('are those of a cluster together, if wanted', () => {
    const { items } = chunkOf(['alice', 'bob', 'carol', 'dave'])
    const parts = itemsByPartition('prod', items, { by: 'cluster', partitions: 8 })
    expect([...parts.values()]).toEqual([[0, 1, 2, 3]])
  })

  it('are packed as they were, with their columns', () => {
    fc.assert(
      fc.property(actors, (names) => {
        const { bytes, items } = chunkOf(names)
        const whole = unpackBatch(packBatch({ cluster: 'prod', sender: '', bytes, items }), 0)
        for (const numbers of itemsByPartition('prod', items, {
          by: 'actor',
          partitions: 3,
        }).values()) {
          const picked = pickItems(items, numbers)
          const part = unpackBatch(
            packBatch({ cluster: 'prod', sender: '', bytes, items: picked }),
            0,
          )
          expect(part.index.count).toBe(numbers.length)
          for (const [place, number] of numbers.entries()) {
            const text = (batch: typeof part, item: number): string =>
              Buffer.from(batch.bytes).toString(
                'utf8',
                batch.index.starts[item],
                batch.index.ends[item],
              )
            expect(text(part, place)).toBe(text(whole, number))
            expect(part.index.columns['user.username'][place]).toBe(
              whole.index.columns['user.username'][number],
            )
            expect(part.index.timesUs[place]).toBe(whole.index.timesUs[number])
          }
        }
      }),
    )
  })
})
