import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergedByTime, type TimedWindow } from '../../src/app/merge-by-time.ts'

const second = 1_000_000

interface NamedWindow extends TimedWindow {
  readonly names: readonly string[]
}

async function* windowsOf(
  name: string,
  windows: readonly (readonly number[])[],
): AsyncGenerator<NamedWindow> {
  let number = 0
  for (const times of windows)
    yield {
      count: times.length,
      timesUs: Float64Array.from(times, (time) => time * second),
      names: times.map((time) => `${name}${number++}@${time}`),
    }
}

async function namesOf(
  windows: AsyncIterable<NamedWindow>[],
  starts: readonly number[] = [],
): Promise<string[]> {
  const names: string[] = []
  const sources = windows.map((each, i) => {
    const start = starts[i]
    return { windows: each, ...(start === undefined ? {} : { startUs: start * second }) }
  })
  for await (const stretch of mergedByTime(sources)) {
    if ('error' in stretch) names.push(`${stretch.source}: ${String(stretch.error)}`)
    else names.push(...stretch.window.names.slice(stretch.from, stretch.to))
  }
  return names
}

describe('sources that are read side by side', () => {
  it('come in the order of their times, windows or not', async () => {
    const a = windowsOf('a', [[10, 20], [], [30, 90]])
    const b = windowsOf('b', [[15], [25, 40, 50]])
    expect(await namesOf([a, b])).toEqual([
      'a0@10',
      'b0@15',
      'a1@20',
      'b1@25',
      'a2@30',
      'b2@40',
      'b3@50',
      'a3@90',
    ])
  })

  it('keep items without a time behind the one before, and tell of one that breaks', async () => {
    async function* broken(): AsyncGenerator<NamedWindow> {
      yield* windowsOf('b', [[15]])
      throw new Error('gone')
    }
    const a = windowsOf('a', [[0, 10, 0, 20]])
    expect(await namesOf([a, broken()])).toEqual([
      'a0@0',
      'a1@10',
      'a2@0',
      'b0@15',
      '1: Error: gone',
      'a3@20',
    ])
  })

  it('are not read before their turn, when it is known', async () => {
    const opened: string[] = []
    async function* noted(name: string, windows: number[][]): AsyncGenerator<NamedWindow> {
      opened.push(name)
      yield* windowsOf(name, windows)
      opened.push(`end of ${name}`)
    }
    const first = noted('a', [[10, 20]])
    const second = noted('b', [[30], [40]])
    expect(await namesOf([second, first], [30, 10])).toEqual(['a0@10', 'a1@20', 'b0@30', 'b1@40'])
    expect(opened).toEqual(['a', 'end of a', 'b', 'end of b'])
  })

  it('give every item once, each source in its order, and none more than a second behind a later one', async () => {
    const source = fc.array(fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 5 }), {
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(fc.array(source, { maxLength: 4 }), async (all) => {
        const sorted = all.map((windows) => {
          const times = windows.flat().toSorted((a, b) => a - b)
          return windows.map(({ length }) => times.splice(0, length))
        })
        const names = await namesOf(sorted.map((windows, i) => windowsOf(`${i}:`, windows)))
        const own = (i: number) => names.filter((name) => name.startsWith(`${i}:`))
        const expected = sorted.map((windows, i) =>
          windows.flat().map((time, number) => `${i}:${number}@${time}`),
        )
        expect(sorted.map((_, i) => own(i))).toEqual(expected)
        expect(names).toHaveLength(expected.flat().length)
        const times = names.map((name) => Number(name.split('@')[1]))
        for (const [i, time] of times.entries())
          expect(Math.max(...times.slice(0, i + 1)) - time).toBeLessThanOrEqual(1)
      }),
      { numRuns: 200 },
    )
  })
})
