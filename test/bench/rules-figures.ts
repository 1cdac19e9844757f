import { leastCpuInTurns } from './cpu.ts'
import { cpuUs } from './figures.ts'
import { parseBodies } from './json-parse.ts'
import { benchRules, openRulesWork } from './rules.ts'
import { bodiesWorkload, metadataWorkload, type Workload } from './workload.ts'

/** Of one set of rules: CPU microseconds an event, each kind of work in turns with `JSON.parse`. */
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

export const rulesWorkloads = { metadata: metadataWorkload, bodies: bodiesWorkload }

export async function measureRules(
  workload: Workload,
  count: number,
  rounds: number,
): Promise<RulesFigures> {
  const startUs = cpuUs()
  const rules = benchRules(count)
  const loadMs = (cpuUs() - startUs) / 1000
  const work = await openRulesWork(workload, rules)
  const parse = () => parseBodies(workload)
  const alone = await leastCpuInTurns(
    { parse, match: () => void work.match() },
    rounds * matchTurns,
  )
  const { stored, lines, scan } = work
  const rest = await leastCpuInTurns({ parse, stored, lines, scan }, rounds)
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
