import { cpuUs } from './figures.ts'

/**
 * The least CPU time of a few runs of `work`, in microseconds, over all threads of the process: other load on the machine
 * only adds. The first runs, in which the compiler finds what is hot, do not count.
 */
export async function leastCpuUs(
  work: () => void | Promise<void>,
  rounds: number,
): Promise<number> {
  await work()
  await work()
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const beforeUs = cpuUs()
    await work()
    least = Math.min(least, cpuUs() - beforeUs)
  }
  return least
}
