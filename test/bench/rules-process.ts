import process from 'node:process'
import { leastCpuInTurns } from './cpu.ts'
import { cpuUs, print } from './figures.ts'
import { parseBodies } from './json-parse.ts'
import { benchRules, openRulesWork } from './rules.ts'
import { bodiesWorkload, metadataWorkload } from './workload.ts'

/** What a process that has one set of rules prints: CPU microseconds an event, each in turns with `JSON.parse`. */
export interface RulesFigures {
  readonly loadMs: number
  readonly decoded: number
  readonly matches: number
  readonly match: number
  readonly stored: number
  readonly lines: number
  readonly scan: number
  readonly parse: number
}

/** Matching alone takes little time, and gets the more turns. */
export const matchTurns = 4

/** `NAME COUNT ROUNDS`: the workload, how many rules, and how many turns. A process for each set, as V8 compiles for what it has met. */
const [name, count, rounds] = process.argv.slice(2)
if (import.meta.main) print(JSON.stringify(await measure()))

async function measure(): Promise<RulesFigures> {
  const workload = name === 'bodies' ? bodiesWorkload() : metadataWorkload()
  const startUs = cpuUs()
  const rules = benchRules(Number(count))
  const loadMs = (cpuUs() - startUs) / 1000
  const work = await openRulesWork(workload, rules)
  const parse = () => parseBodies(workload)
  const alone = await leastCpuInTurns(
    { parse, match: () => void work.match() },
    Number(rounds) * matchTurns,
  )
  const { stored, lines, scan } = work
  const rest = await leastCpuInTurns({ parse, stored, lines, scan }, Number(rounds))
  const an = ({ us }: { readonly us: number }) => us / workload.events
  return {
    loadMs,
    ...work.match(),
    match: an(alone.match),
    stored: an(rest.stored),
    lines: an(rest.lines),
    scan: an(rest.scan),
    parse: Math.min(an(alone.parse), an(rest.parse)),
  }
}
