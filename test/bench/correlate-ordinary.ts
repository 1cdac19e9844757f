import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadRules, readRuleFiles } from '../../src/app/rule-files.ts'
import { withBuiltinLists } from '../../src/app/rule-lists.ts'
import { splitBody } from '../../src/audit/split.ts'
import type { EventBatch } from '../../src/contracts.ts'
import { episodesConfigSchema, offlineAlertingOptions } from '../../src/detect/episode/config.ts'
import { createRuleSet, type RuleSet } from '../../src/detect/match.ts'
import { openPipeline, type Pipeline } from '../../src/detect/pipeline.ts'
import { eventLists } from '../support/recorded-attacks.ts'
import { listRecordings, readEvents } from '../support/recordings.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { fiftyCorrelations } from './correlate-rules.ts'
import { cpuUs, median, print } from './figures.ts'
import { type OpenPath, openWholePath, roundsFrom } from './whole-path.ts'
import { ordinaryWorkload } from './workload.ts'

/** What fifty correlations cost on ordinary life: of detecting alone, and of the whole path from the socket to the alert. */
export async function benchOrdinaryPart(rounds: number): Promise<void> {
  await using folder = await createTemporaryFolder('bench-rules')
  const path = join(folder.path, 'fifty.yml')
  writeFileSync(path, fiftyCorrelations())
  benchDetecting(path, Math.max(8, rounds))
  await benchService(path, rounds)
}

function benchDetecting(path: string, rounds: number): void {
  const benign = listRecordings('benign', '.jsonl').flatMap((name) => readEvents(`benign/${name}`))
  const batches = eventLists(benign).map((body): EventBatch => {
    const { bytes, items } = splitBody(body)
    return { cluster: 'bench', sender: 's', receivedAtMs: 1.8e12, bytes, index: items }
  })
  const without = ruleSetOf([])
  const withFifty = ruleSetOf([path])
  // Of each batch the least of all rounds: other load on the machine only adds.
  const least = [without, withFifty].map(() => batches.map(() => Number.POSITIVE_INFINITY))
  for (let round = 0; round < rounds; round++)
    for (const [place, ruleSet] of [without, withFifty].entries())
      for (const [i, us] of detect(ruleSet, batches).entries())
        least[place]![i] = Math.min(least[place]![i]!, us)
  const [usWithout = 0, usWith = 0] = least.map(
    (costs) => costs.reduce((sum, us) => sum + us, 0) / benign.length,
  )
  const added = withFifty.correlations.length - without.correlations.length
  print(
    `\nDetecting in ${benign.length} ordinary events, ${without.rules.length} rules and ${without.correlations.length} correlations of our own: ${usWithout.toFixed(2)} µs an event; with ${added} more correlations over ${withFifty.rules.length - without.rules.length} rules more: ${usWith.toFixed(2)} µs, ${(usWith - usWithout).toFixed(3)} more`,
  )
  const pipeline = open(withFifty)
  let told = 0
  for (const batch of batches) told += pipeline.process(batch).correlations.length
  const counts = pipeline.takeCounts().correlations
  const observed = counts.reduce((sum, one) => sum + one.observed, 0)
  print(`  ${observed} observations of the correlations, ${told} matches`)
}

function ruleSetOf(paths: readonly string[]): RuleSet {
  const files = readRuleFiles({ builtin: true, paths: [...paths] })
  const { rules } = loadRules(files, { placeholders: withBuiltinLists({}) })
  return createRuleSet(rules, {
    onRuleFailure: (_rule, failure) => {
      throw failure
    },
  })
}

function open(ruleSet: RuleSet): Pipeline {
  return openPipeline(ruleSet, { episodes: offlineAlertingOptions(episodesConfigSchema.parse({})) })
}

/** CPU µs of each batch, from index to alerts. */
function detect(ruleSet: RuleSet, batches: readonly EventBatch[]): number[] {
  const pipeline = open(ruleSet)
  return batches.map((batch) => {
    const startUs = cpuUs()
    pipeline.process(batch)
    return cpuUs() - startUs
  })
}

/** How often ordinary life is posted in a turn: so that collections of garbage come in every turn alike. */
const roundsATurn = 4

/** Two services, posted to by turns, so that what else the machine does comes to both; as many turns before, in which the compiler finds what is hot. */
async function benchService(path: string, turns: number): Promise<void> {
  const workload = ordinaryWorkload()
  await using without = await openWholePath(workload)
  await using withFifty = await openWholePath(workload, { rulePaths: [path] })
  for (const service of [without, withFifty]) await service.post(roundsFrom(0, turns * roundsATurn))
  const costs: { readonly without: number; readonly withFifty: number }[] = []
  const usOf = async (service: OpenPath, turn: number): Promise<number> =>
    (await service.post(roundsFrom(turn * roundsATurn, roundsATurn))).cpuUsPerEvent
  for (let turn = turns; turn < 2 * turns; turn++)
    costs.push({ without: await usOf(without, turn), withFifty: await usOf(withFifty, turn) })
  const usWithout = median(costs.map((cost) => cost.without))
  const usWith = median(costs.map((cost) => cost.withFifty))
  const shares = costs.map((cost) => cost.withFifty / cost.without - 1)
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
  print(
    `  the whole path, ${workload.events} events, ${turns} turns of ${roundsATurn} rounds: ${usWithout.toFixed(2)} µs CPU an event without, ${usWith.toFixed(2)} with: ${percent(median(shares))} (middle of the turns' shares, which go from ${percent(Math.min(...shares))} to ${percent(Math.max(...shares))})`,
  )
}
