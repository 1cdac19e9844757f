import { type Command, Option } from 'commander'
import type { Config } from '../../config/schema.ts'
import type { Alert, Level, Outcome, Sink } from '../../contracts.ts'
import { labelsOf } from '../../deliver/route/labels.ts'
import { reaches } from '../../deliver/route/match.ts'
import { compileRoutes } from '../../deliver/route/routes.ts'
import { KubewitnessError, messageOf } from '../../errors.ts'
import { levels } from '../../sigma/levels.ts'
import type { SinkDependencies } from '../../sinks/common.ts'
import { createSink, type SinkConfig } from '../../sinks/table.ts'
import { createLogger } from '../../util/logger.ts'
import { alertUrlOf } from '../../web/alert-url.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { configuredSink } from './configured.ts'
import { type Overheard, type OverheardAnswer, overhear } from './overheard.ts'
import { closedSample, sampleAlert } from './sample-alert.ts'

interface TestOptions extends OutputOptions {
  readonly config?: string
  readonly level?: Level
  readonly close?: boolean
}

/** `kubewitness sinks test NAME`: sends one marked alert, and tells what the other side says. */
export function testCommand(
  sinks: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  sinks
    .command('test')
    .argument('<name>', 'of a sink in the configuration')
    .description('send an alert that says it is a test, and tell what the other side answers')
    .option('--config <file>', 'configuration (default: kubewitness.yml if there, else defaults)')
    .addOption(new Option('--level <level>', 'level of the alert').choices(levels))
    .option('--close', 'also send that it is closed')
    .addOption(outputOption())
    .action(async (name: string, options: TestOptions) =>
      finish(await testSink(name, options, context)),
    )
}

/** What came of it. */
interface TestResult {
  readonly sink: string
  readonly type: string
  readonly alert: string
  readonly level: Level
  readonly outcome: 'delivered' | 'refused' | 'unavailable'
  readonly error: string | null
  readonly answers: readonly OverheardAnswer[]
}

async function testSink(
  name: string,
  options: TestOptions,
  context: CliContext,
): Promise<ExitCode> {
  const { config, sink } = configuredSink(name, options.config, context)
  const level = options.level ?? sink.minimumLevel ?? 'medium'
  const alert = sampleAlert(name, level, {
    nowMs: context.clock.nowMs(),
    random: context.random(),
  })
  const why = whyNotTold(alert, sink, config)
  if (why !== undefined)
    await write(context.stderr, `the service itself would not tell it of such an alert: ${why}\n`)
  const alerts = options.close === true ? [alert, closedSample(alert)] : [alert]
  const overheard = overhear(context.fetch)
  const alertUrl = alertUrlOf(config.admin.publicUrl)
  const outcome = await send(alerts, sink, { ...overheard, alertUrl }, context)
  const result: TestResult = {
    sink: name,
    type: sink.type,
    alert: alert.id,
    level,
    ...verdictOf(outcome, overheard),
    answers: await overheard.answers(),
  }
  if (options.output === 'table') await write(context.stdout, textOf(result))
  else await writeRecord(options.output, result, context)
  return codeOf(result)
}

/** One write for each, as revisions come in the service; the first that is not delivered is the last. */
async function send(
  alerts: readonly Alert[],
  config: SinkConfig,
  world: Pick<SinkDependencies, 'fetch' | 'listenIn' | 'readSecret' | 'alertUrl'>,
  context: CliContext,
): Promise<Outcome> {
  const { clock, stdout, stopping } = context
  const logger = createLogger('error')
  const sink: Sink<Alert> = createSink(config, { ...world, clock, logger, stdout })
  await sink.start()
  try {
    let outcome: Outcome = { status: 'delivered' }
    for (const alert of alerts) {
      // A sink gives one outcome for each alert.
      if (!('error' in outcome)) outcome = (await sink.write([alert], stopping))[0]!
    }
    return outcome
  } finally {
    await sink.stop(AbortSignal.timeout(5_000))
  }
}

function whyNotTold(alert: Alert, { minimumLevel, name }: SinkConfig, { routes }: Config) {
  const labels = labelsOf(alert)
  if (minimumLevel !== undefined && !reaches(labels, minimumLevel))
    return `its minimumLevel is ${minimumLevel}`
  if (compileRoutes(routes)(name, labels) === undefined) return 'no route leads there'
  return undefined
}

function verdictOf(
  outcome: Outcome,
  { withoutSecrets }: Overheard,
): Pick<TestResult, 'outcome' | 'error'> {
  if (!('error' in outcome)) return { outcome: 'delivered', error: null }
  const error = withoutSecrets(messageOf(outcome.error))
  const heals = outcome.error instanceof KubewitnessError && outcome.error.retryable
  return { outcome: outcome.status === 'retry' && heals ? 'unavailable' : 'refused', error }
}

function textOf({ answers, error, level, outcome, sink, type }: TestResult): string {
  const lines = [
    `${sink} (${type}): ${outcome}${outcome === 'delivered' ? ` an alert of level ${level}` : ''}`,
    ...answers.map(({ body, status }) => `  answered ${status}${body === '' ? '' : `: ${body}`}`),
    ...(error === null ? [] : [`  ${error}`]),
  ]
  return `${lines.join('\n')}\n`
}

function codeOf({ outcome }: TestResult): ExitCode {
  switch (outcome) {
    case 'delivered':
      return exitCodes.done
    case 'refused':
      return exitCodes.found
    case 'unavailable':
      return exitCodes.failed
    default:
      return outcome satisfies never
  }
}
