import { createOffline } from '../../src/app/offline.ts'
import { loadRules, readRuleFiles } from '../../src/app/rule-files.ts'
import { withBuiltinLists } from '../../src/app/rule-lists.ts'
import { openBatch } from '../../src/app/stored-batch.ts'
import { packBatch } from '../../src/audit/batch.ts'
import { createRedactor } from '../../src/audit/redact/redactor.ts'
import { createSplitter, splitBody } from '../../src/audit/split.ts'
import type { Rule, StoredRecord } from '../../src/contracts.ts'
import { episodesConfigSchema, offlineAlertingOptions } from '../../src/detect/episode/config.ts'
import { createRuleSet, type RuleSet } from '../../src/detect/match.ts'
import { openPipeline } from '../../src/detect/pipeline.ts'
import { pack } from '../../src/util/zstd.ts'
import { generateRuleFiles } from '../support/generated-rules.ts'
import { leastCpuUs } from './cpu.ts'
import type { Workload } from './workload.ts'

export interface RuleCost {
  /** CPU microseconds an event. */
  readonly matchUs: number
  /** Matching, and before it what makes a batch of a stored record. */
  readonly storedUs: number
  readonly decodedShare: number
  readonly matches: number
}

/** Our own rules first, then generated ones. */
export function benchRules(count: number): readonly Rule[] {
  const own = readRuleFiles({ builtin: true, paths: [] })
  return loadRules([...own, ...generateRuleFiles(count)], {
    placeholders: withBuiltinLists({}),
  }).rules.slice(0, count)
}

/** What it costs to evaluate the rules on every event of stored batches. */
export async function measureStored(
  { bodies, events }: Workload,
  rules: readonly Rule[],
  rounds: number,
): Promise<RuleCost> {
  const ruleSet = openRuleSet(rules)
  const records = await Promise.all(bodies.map(storedRecord))
  const batches = records.map(openBatch)
  let decoded = 0
  let matches = 0
  const matchUs = await leastCpuUs(() => {
    decoded = 0
    matches = 0
    for (const batch of batches) {
      const result = ruleSet.matchBatch(batch)
      decoded += result.decoded
      matches += result.matches.length
    }
  }, rounds)
  const storedUs = await leastCpuUs(() => {
    for (const record of records) ruleSet.matchBatch(openBatch(record))
  }, rounds)
  return {
    matchUs: matchUs / events,
    storedUs: storedUs / events,
    decodedShare: decoded / events,
    matches,
  }
}

export interface LinesCost {
  /** CPU microseconds an event: to split and scan the bytes, and to match. */
  readonly matchUs: number
  /** The same with secrets taken out between, as the command `scan` does. */
  readonly scanUs: number
}

/** The whole way from JSON lines in memory. */
export async function measureLines(
  { lines, events }: Workload,
  rules: readonly Rule[],
  rounds: number,
): Promise<LinesCost> {
  const ruleSet = openRuleSet(rules)
  const windows = windowsOf(lines())
  const matchUs = await leastCpuUs(() => {
    const splitter = createSplitter()
    const match = ({ bytes, items }: ReturnType<typeof splitBody>): void =>
      void ruleSet.matchBatch({
        cluster: 'default',
        sender: '',
        receivedAtMs: 0,
        bytes,
        index: items,
      })
    for (const window of windows) match(splitter.push(window))
    match(splitter.end())
  }, rounds)
  const redactor = createRedactor({ key: Buffer.alloc(32, 'bench') })
  const episodes = offlineAlertingOptions(episodesConfigSchema.parse({}))
  const scanUs = await leastCpuUs(async () => {
    let found = 0
    const pipeline = openPipeline(ruleSet, { episodes, isOffline: true })
    const options = { pipeline, redactor, input: 'events', cluster: 'default', nowMs: 0 } as const
    for await (const result of createOffline(options).evaluate(asynchronous(windows)))
      found += result.events
    if (found !== events) throw new Error(`${found} of ${events} events were scanned`)
  }, rounds)
  return { matchUs: matchUs / events, scanUs: scanUs / events }
}

/** As a file is read. */
const windowBytes = 256 << 10

function windowsOf(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / windowBytes) }, (_, number) =>
    bytes.subarray(number * windowBytes, (number + 1) * windowBytes),
  )
}

async function* asynchronous<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values
}

function openRuleSet(rules: readonly Rule[]): RuleSet {
  return createRuleSet(rules, {
    onRuleFailure: (rule, error) => {
      throw new Error(`the rule ${rule.title} failed`, { cause: error })
    },
  })
}

async function storedRecord(body: Buffer, number: number): Promise<StoredRecord> {
  const { bytes, items } = splitBody(body)
  return {
    position: { topic: 'events', partition: 0, offset: number },
    key: String(number),
    value: await pack(packBatch({ cluster: 'default', sender: '', bytes, items })),
    appendedAtMs: 0,
  }
}
