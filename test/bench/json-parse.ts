import { cpuUs, median } from './figures.ts'
import type { Workload } from './workload.ts'

/**
 * CPU microseconds an event of `JSON.parse` of the whole bodies, with the garbage it makes: what every ratio is taken to. Garbage of others is
 * collected first, where node was given `--expose-gc`.
 */
export function measureJsonParse(workload: Workload, rounds = 5): number {
  const costs: number[] = []
  for (let round = -1; round < rounds; round++) {
    globalThis.gc?.()
    const beforeUs = cpuUs()
    parseBodies(workload)
    if (round >= 0) costs.push((cpuUs() - beforeUs) / workload.events)
  }
  return median(costs)
}

/** What is measured. */
export function parseBodies({ bodies }: Workload): void {
  for (const body of bodies) {
    // A EventList: the recordings hold nothing else.
    const list = JSON.parse(body.toString('utf8')) as { items: unknown[] }
    if (list.items.length === 0) throw new Error('a body without items')
  }
}
