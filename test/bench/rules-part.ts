import { cpuUs, print } from './figures.ts'
import { measureJsonParse } from './json-parse.ts'
import { benchRules, measureLines, measureStored } from './rules.ts'
import { bodiesWorkload, metadataWorkload, type Workload } from './workload.ts'

const counts = [1, 16, 100, 1000, 3000]

/** µs an event with ever more rules, each as a ratio to `JSON.parse` of the same bytes. */
export async function benchRulesPart(rounds: number): Promise<void> {
  for (const workload of [metadataWorkload(), bodiesWorkload()])
    await benchWorkload(workload, rounds)
}

async function benchWorkload(workload: Workload, rounds: number): Promise<void> {
  const beforeUs = measureJsonParse(workload, rounds)
  print(
    `\nRules on ${workload.events} recorded events, ${workload.name}, ${(workload.bytes / workload.events).toFixed(0)} bytes each`,
  )
  print(
    '  rules   match   ratio   stored   ratio   lines   ratio    scan   ratio   decoded   matches   load ms',
  )
  const matchUs = new Map<number, number>()
  for (const count of counts) {
    const startUs = cpuUs()
    const rules = benchRules(count)
    const loadMs = (cpuUs() - startUs) / 1000
    const stored = await measureStored(workload, rules, rounds)
    const lines = await measureLines(workload, rules, rounds)
    matchUs.set(count, stored.matchUs)
    const cells = [stored.matchUs, stored.storedUs, lines.matchUs, lines.scanUs].map(
      (us) => `${us.toFixed(2).padStart(8)}${(us / beforeUs).toFixed(2).padStart(8)}`,
    )
    print(
      `${String(count).padStart(7)}${cells.join(' ')}${`${(stored.decodedShare * 100).toFixed(1)} %`.padStart(10)}${String(stored.matches).padStart(10)}${loadMs.toFixed(0).padStart(10)}`,
    )
  }
  const afterUs = measureJsonParse(workload, rounds)
  print(
    `  JSON.parse: ${beforeUs.toFixed(2)} µs before, ${afterUs.toFixed(2)} µs after; ratios are to the former`,
  )
  const slope = ((matchUs.get(3000) ?? 0) - (matchUs.get(100) ?? 0)) / 2900
  print(`  slope between 100 and 3,000 rules: ${slope.toFixed(5)} µs a rule`)
}
