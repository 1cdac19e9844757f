import { type Command, InvalidArgumentError, Option } from 'commander'
import { alertRecord } from '../app/produced.ts'
import { compileOrder, readOrder } from '../app/rule-set.ts'
import { openBatch } from '../app/stored-batch.ts'
import { alertsTopic, eventsTopic } from '../app/topics.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { Alert, Level, Log } from '../contracts.ts'
import { ruleName } from '../detect/alert.ts'
import { alertingOptionsOf } from '../detect/episode/config.ts'
import type { Pipeline } from '../detect/pipeline.ts'
import { messageOf } from '../errors.ts'
import { levels } from '../sigma/levels.ts'
import { formatTimeUs } from '../util/time.ts'
import { type CliContext, type ExitCode, exitCodes, write } from './context.ts'
import { storedRecords, withLog, withReader } from './open-store.ts'
import { type OutputOptions, outputOption } from './output.ts'
import { createProgress } from './progress.ts'
import { createScanReport } from './scan-report.ts'
import { timeArgument } from './time-argument.ts'

interface ReplayOptions extends OutputOptions {
  readonly config?: string
  readonly from: number
  readonly to?: number
  readonly warmUp?: number
  readonly rules: readonly string[]
  readonly builtinRules: boolean
  readonly minimumLevel?: Level
  readonly failOn?: Level
  readonly write: boolean
}

const hourMs = 3_600_000

/** `kubewitness replay`: what today's rules say of events that are stored. */
export function replayCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('replay')
    .description("run today's rules over stored events")
    .option('--config <file>', 'configuration that names the store and the rules')
    .addOption(
      new Option('--from <time>', 'received at or after, RFC 3339')
        .argParser(timeArgument)
        .makeOptionMandatory(),
    )
    .option('--to <time>', 'received before, RFC 3339', timeArgument)
    .option(
      '--warm-up <hours>',
      'begin so much earlier, so that windows and alerts that were open are known (default: episodes.maximumHours)',
      hoursArgument,
    )
    .option('--rules <path...>', 'further rule files or folders', [])
    .option('--no-builtin-rules', 'without the rules that come with Kubewitness')
    .addOption(
      new Option(
        '--minimum-level <level>',
        'ignore rules below (default: rules.minimumLevel)',
      ).choices(levels),
    )
    .addOption(
      new Option('--fail-on <level>', 'exit with 1 if an alert is at or above').choices(levels),
    )
    .option(
      '--write',
      'store the alerts that are not there yet, so that sinks get them once; the embedded store must not be in use',
      false,
    )
    .addOption(outputOption())
    .action(async (options: ReplayOptions) => finish(await replay(options, context)))
}

function hoursArgument(text: string): number {
  const hours = Number(text)
  if (text.trim() === '' || !(hours >= 0))
    throw new InvalidArgumentError('write a number of hours, 0 or more')
  return hours
}

async function replay(options: ReplayOptions, context: CliContext): Promise<ExitCode> {
  const { config } = loadConfig(options.config, context.workingDirectory)
  const pipeline = openReplayPipeline(config, options, context)
  const report = createScanReport(options.output, context)
  const run = async (log: Pick<Log, 'browse'>, keep: Keep): Promise<void> => {
    const alerts = replayed(
      log,
      pipeline,
      { ...options, warmUp: warmUpOf(config, options) },
      context,
    )
    for await (const { events, closed } of alerts) {
      report.events(events, 0)
      for (const revisions of closed) {
        await report.alert(revisions.at(-1)!)
        await keep(revisions)
      }
    }
  }
  if (options.write) {
    const kept = await withLog(config, context.clock, async (log) => {
      const keeper = createKeeper(log, context.stopping)
      await run(log, keeper.keep)
      return keeper.count()
    })
    await report.end()
    await write(context.stderr, `${kept} alerts stored that were not there\n`)
  } else {
    await withReader(config, context.clock, (log) => run(log, async () => undefined))
    await report.end()
  }
  if (context.stopping.aborted) return exitCodes.failed
  return options.failOn !== undefined && report.isAtOrAbove(options.failOn)
    ? exitCodes.found
    : exitCodes.done
}

/** As the service would have it by that configuration, so that alerts get the same ids. */
function openReplayPipeline(
  { rules, episodes }: Config,
  options: ReplayOptions,
  { stderr }: CliContext,
): Pipeline {
  const order = readOrder({
    ...rules,
    builtin: rules.builtin && options.builtinRules,
    paths: [...rules.paths, ...options.rules],
    minimumLevel: options.minimumLevel ?? rules.minimumLevel,
  })
  const compiled = compileOrder(order, {
    episodes: alertingOptionsOf(episodes),
    onRuleFailure: (rule, error) =>
      void stderr.write(`rule ${ruleName(rule)} failed and is off: ${messageOf(error)}\n`),
  })
  return compiled.openPipeline({ onLeftOut: () => undefined })
}

function warmUpOf({ episodes }: Config, { warmUp }: ReplayOptions): number {
  return warmUp ?? episodes.maximumHours
}

/** One alert in all of its revisions, the last of which closes it. */
type ClosedAlert = readonly Alert[]

/** Alerts as they close, those with a match in the span. What is open at the end is closed there. */
async function* replayed(
  log: Pick<Log, 'browse'>,
  pipeline: Pipeline,
  { from, to, warmUp }: { readonly from: number; readonly to?: number; readonly warmUp: number },
  context: CliContext,
): AsyncGenerator<{ readonly events: number; readonly closed: readonly ClosedAlert[] }> {
  const progress = createProgress(context)
  const closing = createClosing(formatTimeUs(from * 1000))
  const startMs = from - warmUp * hourMs
  const span = { fromMs: startMs, ...(to !== undefined && { toMs: to }) }
  const endMs = Math.min(to ?? Number.POSITIVE_INFINITY, context.clock.nowMs())
  for await (const record of storedRecords(log, eventsTopic, span, context.stopping)) {
    const batch = openBatch(record)
    const { alerts } = pipeline.process(batch)
    const isInSpan = record.appendedAtMs >= from
    progress.show('replay', record.appendedAtMs - startMs, endMs - startMs)
    yield { events: isInSpan ? batch.index.count : 0, closed: closing(alerts) }
  }
  progress.clear()
  if (!context.stopping.aborted) yield { events: 0, closed: closing(pipeline.close().alerts) }
}

/** Gathers revisions until an alert is closed; leaves out those that were over before. */
function createClosing(fromText: string): (revisions: readonly Alert[]) => readonly ClosedAlert[] {
  const open = new Map<string, Alert[]>()
  return (revisions) => {
    const closed: ClosedAlert[] = []
    for (const revision of revisions) {
      const before = open.get(revision.id) ?? []
      before.push(revision)
      if (revision.status !== 'closed') open.set(revision.id, before)
      else {
        open.delete(revision.id)
        if (revision.lastSeen >= fromText) closed.push(before)
      }
    }
    return closed
  }
}

type Keep = (alert: ClosedAlert) => Promise<void>

/** Stores alerts whose ids the log has not, in any revision: those that it has are known to the sinks, and may still be open. */
function createKeeper(
  log: Log,
  signal: AbortSignal,
): { readonly keep: Keep; readonly count: () => number } {
  let count = 0
  return {
    count: () => count,
    keep: async (alert) => {
      const known = await log.findByPrefix(alertsTopic, `${alert[0]?.id}:`, 1)
      if (known.length > 0) return
      await log.append([{ topic: alertsTopic, records: alert.map(alertRecord) }], signal)
      count += 1
    },
  }
}
