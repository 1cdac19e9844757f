import { createOffline } from '../../src/app/offline.ts'
import { loadRules, readRuleFiles } from '../../src/app/rule-files.ts'
import { withBuiltinLists } from '../../src/app/rule-lists.ts'
import { openBatch } from '../../src/app/stored-batch.ts'
import { packBatch } from '../../src/audit/batch.ts'
import { createRedactor } from '../../src/audit/redact/redactor.ts'
import { createSplitter, splitBody } from '../../src/audit/split.ts'
import type { EventBatch, Rule, StoredRecord } from '../../src/contracts.ts'
import { episodesConfigSchema, offlineAlertingOptions } from '../../src/detect/episode/config.ts'
import { createRuleSet, type RuleSet } from '../../src/detect/match.ts'
import { openPipeline } from '../../src/detect/pipeline.ts'
import { pack } from '../../src/util/zstd.ts'
import { generateRuleFiles } from '../support/generated-rules.ts'
import { matchBatch } from '../support/match-batch.ts'
import type { Workload } from './workload.ts'

/** Our own rules first, then generated ones. */
export function benchRules(count: number): readonly Rule[] {
  const own = readRuleFiles({ builtin: true, paths: [] })
  return loadRules([...own, ...generateRuleFiles(count)], {
    placeholders: withBuiltinLists({}),
  }).rules.slice(0, count)
}

export interface RulesWork {
  /** Evaluates the rules on every event of batches. */
  match(): MatchCounts
  /** The same, and before it what makes a batch of a stored record. */
  stored(): void
  /** From JSON lines in memory: splits and scans the bytes, and matches. */
  lines(): void
  /** The same with secrets taken out between, as the command `scan` does. */
  scan(): Promise<void>
}

export interface MatchCounts {
  readonly decoded: number
  readonly matches: number
}

/** What there is to do with the rules, each over the whole workload. */
export async function openRulesWork(
  { bodies, events, lines }: Workload,
  rules: readonly Rule[],
): Promise<RulesWork> {
  const ruleSet = openRuleSet(rules)
  const records = await Promise.all(bodies.map(storedRecord))
  const batches = records.map(openBatch)
  const windows = windowsOf(lines())
  const redactor = createRedactor({ key: Buffer.alloc(32, 'bench') })
  const episodes = offlineAlertingOptions(episodesConfigSchema.parse({}))
  return {
    match: () => {
      const counts = { decoded: 0, matches: 0 }
      for (const batch of batches) {
        const { decoded, matches } = matchBatch(ruleSet, batch)
        counts.decoded += decoded
        counts.matches += matches.length
      }
      return counts
    },
    stored: () => {
      for (const record of records) matchBatch(ruleSet, openBatch(record))
    },
    lines: () => {
      const splitter = createSplitter()
      for (const window of windows) matchBatch(ruleSet, batchOf(splitter.push(window)))
      matchBatch(ruleSet, batchOf(splitter.end()))
    },
    scan: async () => {
      let found = 0
      const pipeline = openPipeline(ruleSet, { episodes, isOffline: true })
      const options = { pipeline, redactor, input: 'events', cluster: 'default', nowMs: 0 } as const
      for await (const result of createOffline(options).evaluate(asynchronous(windows)))
        found += result.events
      if (found !== events) throw new Error(`${found} of ${events} events were scanned`)
    },
  }
}

function batchOf({ bytes, items }: ReturnType<typeof splitBody>): EventBatch {
  return { cluster: 'default', sender: '', receivedAtMs: 0, bytes, index: items }
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
