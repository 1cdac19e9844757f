import { leastCpuInTurns } from './cpu.ts'
import { cpuUs, print } from './figures.ts'
import { parseBodies } from './json-parse.ts'
import { benchRules, openRulesWork, type RulesWork } from './rules.ts'
import { bodiesWorkload, metadataWorkload, type Workload } from './workload.ts'

const counts = [1, 16, 100, 1000, 3000]
/** Matching alone takes little time, and gets the more turns. */
const matchTurns = 4

/** µs an event with ever more rules, each as a ratio to `JSON.parse` of the same bytes, with which it takes turns. */
export async function benchRulesPart(rounds: number): Promise<void> {
  for (const workload of [metadataWorkload(), bodiesWorkload()])
    await benchWorkload(workload, rounds)
}

interface Row {
  readonly count: number
  readonly work: RulesWork
  readonly loadMs: number
}

async function benchWorkload(workload: Workload, rounds: number): Promise<void> {
  const { name, events, bytes } = workload
  const rows: Row[] = []
  for (const count of counts) {
    const startUs = cpuUs()
    const rules = benchRules(count)
    const loadMs = (cpuUs() - startUs) / 1000
    rows.push({ count, work: await openRulesWork(workload, rules), loadMs })
  }
  const match = await inTurns(workload, rows, ['match'], rounds * matchTurns)
  const rest = await inTurns(workload, rows, ['stored', 'lines', 'scan'], rounds)

  print(
    `\nRules on ${events} recorded events, ${name}, ${(bytes / events).toFixed(0)} bytes each; least of ${rounds * matchTurns} and ${rounds} turns`,
  )
  print(
    '  rules   match   ratio   stored   ratio   lines   ratio    scan   ratio   decoded   matches   load ms',
  )
  for (const { count, work, loadMs } of rows) {
    const cells = [
      match.cell(`match ${count}`),
      ...['stored', 'lines', 'scan'].map((what) => rest.cell(`${what} ${count}`)),
    ]
    const { decoded, matches } = work.match()
    print(
      `${String(count).padStart(7)}${cells.join(' ')}${`${((decoded / events) * 100).toFixed(1)} %`.padStart(10)}${String(matches).padStart(10)}${loadMs.toFixed(0).padStart(10)}`,
    )
  }
  print(
    `  JSON.parse: ${match.parseUs.toFixed(2)} µs in turns with match, ${rest.parseUs.toFixed(2)} µs with the others`,
  )
  const slope = (match.us('match 3000') - match.us('match 100')) / 2900
  print(
    `  slope between 100 and 3,000 rules: ${slope.toFixed(5)} µs a rule, ${((slope / match.parseUs) * 100).toFixed(4)} % of JSON.parse`,
  )
}

interface Costs {
  readonly parseUs: number
  /** CPU microseconds an event. */
  us(name: string): number
  /** The same, and the ratio to `JSON.parse`. */
  cell(name: string): string
}

async function inTurns(
  workload: Workload,
  rows: readonly Row[],
  kinds: readonly (keyof RulesWork)[],
  rounds: number,
): Promise<Costs> {
  const works = kinds.flatMap((kind) =>
    rows.map(({ count, work }) => [`${kind} ${count}`, async () => void (await work[kind]())]),
  )
  const least = await leastCpuInTurns(
    { parse: () => parseBodies(workload), ...Object.fromEntries(works) },
    rounds,
  )
  const us = (name: string): number => least[name]!.us / workload.events
  const parseUs = us('parse')
  return {
    parseUs,
    us,
    cell: (name) =>
      `${us(name).toFixed(2).padStart(8)}${(us(name) / parseUs).toFixed(2).padStart(8)}`,
  }
}
