import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { createOffline } from '../../src/app/offline.ts'
import { loadRules, readRuleFiles } from '../../src/app/rule-files.ts'
import { withBuiltinLists } from '../../src/app/rule-lists.ts'
import { createRedactor } from '../../src/audit/redact/redactor.ts'
import { createSplitter } from '../../src/audit/split.ts'
import type { CliContext } from '../../src/cli/context.ts'
import { scanFiles } from '../../src/cli/scan.ts'
import type { EventBatch, Rule } from '../../src/contracts.ts'
import { episodesConfigSchema, offlineAlertingOptions } from '../../src/detect/episode/config.ts'
import { createRuleSet, type RuleSet } from '../../src/detect/match.ts'
import { openPipeline, type Pipeline } from '../../src/detect/pipeline.ts'
import { systemClock } from '../../src/util/clock.ts'
import { matchBatch } from '../support/match-batch.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { leastCpuInTurns } from './cpu.ts'
import { print } from './figures.ts'
import { allLines, type LinesWorkload, metadataLines } from './scan-workload.ts'

/** CPU of `scan` with all rules that come with it, end to end and by stage, as ratios to `JSON.parse` of the same lines. */
export async function benchScanPart(rounds: number): Promise<void> {
  const { rules } = loadRules(readRuleFiles({ builtin: true, paths: [] }), {
    placeholders: withBuiltinLists({}),
  })
  for (const workload of [metadataLines(), allLines()]) await benchWorkload(workload, rules, rounds)
}

async function benchWorkload(
  workload: LinesWorkload,
  rules: readonly Rule[],
  rounds: number,
): Promise<void> {
  const events = workload.lines.length
  const ruleSet = openRuleSet(rules)
  const windows = windowsOf(workload.bytes)
  await using folder = await createTemporaryFolder('bench-scan')
  const file = join(folder.path, 'audit.log')
  writeFileSync(file, workload.bytes)
  const batches = await batchesOf(windows)

  const leaving = givingTo(() => undefined)
  let decoded = 0
  const options = { files: [file], output: 'table', matches: false } as const
  const least = await leastCpuInTurns(
    {
      parse: () => parseAll(workload),
      split: () => splitAll(windows),
      evaluate: () => evaluateAll(windows, leaving),
      match: () => {
        decoded = 0
        for (const batch of batches) decoded += matchBatch(ruleSet, batch).decoded
      },
      process: () => {
        const pipeline = openAll(ruleSet)
        for (const batch of batches) pipeline.process(batch)
        pipeline.close()
      },
      scan: async () => {
        await scanFiles(options, ruleSet, silentContext(folder.path))
      },
    },
    rounds,
  )

  const { parse, split, evaluate, match, process, scan } = least
  const line = (what: string, us: number): void =>
    print(
      `  ${what.padEnd(38)}${(us / events).toFixed(2).padStart(6)} µs CPU an event, ratio ${(us / parse.us).toFixed(2)}`,
    )
  print(
    `\nScan of ${events} recorded events, ${workload.name}, ${(workload.bytes.length / events).toFixed(0)} bytes each, with ${rules.length} rules; ${((decoded / events) * 100).toFixed(1)} % decoded; each in turns with the others`,
  )
  line('JSON.parse', parse.us)
  line('split and index', split.us)
  line('take secrets out', evaluate.us - split.us)
  line('match', match.us)
  line('correlate and tell alerts', process.us - match.us)
  line('read the file, report, and all else', scan.us - evaluate.us - process.us)
  line('the command, warm', scan.us)
  line('  of it on other threads', scan.besideUs)
  print(`  ${(parse.us / scan.us).toFixed(2)} of the throughput of JSON.parse`)
}

function parseAll({ lines }: LinesWorkload): void {
  for (const line of lines) if (typeof JSON.parse(line) !== 'object') throw new Error('no event')
}

function splitAll(windows: readonly Buffer[]): void {
  const splitter = createSplitter({ accepts: 'exports' })
  for (const window of windows) splitter.push(window)
  splitter.end()
}

async function batchesOf(windows: readonly Buffer[]): Promise<readonly EventBatch[]> {
  const batches: EventBatch[] = []
  await evaluateAll(
    windows,
    givingTo((batch) => batches.push(batch)),
  )
  return batches
}

async function evaluateAll(windows: readonly Buffer[], pipeline: Pipeline): Promise<void> {
  const redactor = createRedactor({ key: Buffer.alloc(32, 'bench') })
  const options = { pipeline, redactor, input: 'events', cluster: 'default', nowMs: 0 } as const
  for await (const _ of createOffline(options).evaluate(asynchronous(windows))) {
    // What matters is what it costs.
  }
}

/** Evaluates nothing. */
function givingTo(take: (batch: EventBatch) => void): Pipeline {
  const process: Pipeline['process'] = (batch) => {
    take(batch)
    return { decoded: 0, undecodable: [], correlations: [], alerts: [] }
  }
  return { ...openAll(openRuleSet([])), process }
}

function openAll(ruleSet: RuleSet): Pipeline {
  const episodes = offlineAlertingOptions(episodesConfigSchema.parse({}))
  return openPipeline(ruleSet, { episodes, isOffline: true })
}

function openRuleSet(rules: readonly Rule[]): RuleSet {
  return createRuleSet(rules, {
    onRuleFailure: (rule, error) => {
      throw new Error(`the rule ${rule.title} failed`, { cause: error })
    },
  })
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

function silentContext(folder: string): CliContext {
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })
  return {
    stdin: Readable.from([]),
    stdout: nowhere(),
    stderr: nowhere(),
    isTerminal: false,
    workingDirectory: folder,
    clock: systemClock,
    random: Math.random,
    fetch,
    stopping: new AbortController().signal,
    onHangup: () => undefined,
    outliveReader: () => undefined,
  }
}
