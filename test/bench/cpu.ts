import process from 'node:process'
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

export interface LeastCpu {
  readonly us: number
  /** Of the same run: what threads other than the main one did, compilers and collectors of garbage above all. */
  readonly besideUs: number
}

/**
 * The same of several kinds of work, one after the other in every round: what else the machine does, and how fast it is just then, comes to
 * all of them alike, so that ratios between them hold. Each round begins with the next of them, as garbage is collected in the turn of whoever
 * comes then.
 */
export async function leastCpuInTurns<K extends string>(
  works: Readonly<Record<K, () => void | Promise<void>>>,
  rounds: number,
): Promise<Readonly<Record<K, LeastCpu>>> {
  const least = new Map<string, LeastCpu>()
  const entries = Object.entries<() => void | Promise<void>>(works)
  // As above: the first runs do not count.
  for (let round = -2; round < rounds; round++) {
    const first = Math.max(0, round) % entries.length
    for (const [name, work] of [...entries.slice(first), ...entries.slice(0, first)]) {
      const beforeUs = cpuUs()
      const beforeMainUs = mainThreadUs()
      await work()
      const us = cpuUs() - beforeUs
      const besideUs = us - (mainThreadUs() - beforeMainUs)
      const known = least.get(name)
      if (round >= 0 && (known === undefined || us < known.us)) least.set(name, { us, besideUs })
    }
  }
  // Each was measured, if there was a round.
  return Object.fromEntries(least) as Record<K, LeastCpu>
}

function mainThreadUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}
