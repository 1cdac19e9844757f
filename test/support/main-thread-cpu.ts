import { readFileSync } from 'node:fs'

/** What the main thread of a process has used of a processor, in milliseconds: other work on the machine does not change it. Linux only. */
export function mainThreadCpuMs(pid: number): number {
  const [usedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')
  return Number(usedNs) / 1e6
}
