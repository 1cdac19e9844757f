import { resolve } from 'node:path'
import type { Command } from 'commander'
import { loadConfig } from '../../config/load.ts'
import { readSecret } from '../../config/secret.ts'
import { KubewitnessError } from '../../errors.ts'
import { exportText } from '../../sinks/elasticsearch/export.ts'
import { isSearchSink, type SearchSinkConfig } from '../../sinks/elasticsearch/products.ts'
import { type SetupStep, setUp } from '../../sinks/elasticsearch/run-setup.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { tableText } from '../table-text.ts'

interface SetupOptions extends OutputOptions {
  readonly config?: string
  readonly dryRun?: true
  readonly export?: true
  readonly apiKeyFile?: string
  readonly username?: string
  readonly passwordFile?: string
}

/** `kubewitness sinks setup NAME`: makes in the other side what a sink needs there, with credentials that it does not keep. */
export function setupCommand(
  sinks: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  sinks
    .command('setup')
    .description('make the templates that a sink of type elasticsearch or opensearch needs')
    .argument('<name>', 'name of the sink in the configuration')
    .option('--config <file>', 'configuration; kubewitness.yml if there')
    .option('--dry-run', 'only say what is there and what would be made')
    .option(
      '--export',
      'print the requests for doing it by hand, and that for the access of the service; connects to nothing',
    )
    .option(
      '--api-key-file <file>',
      'API key of Elasticsearch to do it with, instead of the credentials of the sink',
    )
    .option('--username <name>', 'user to do it as, with --password-file')
    .option('--password-file <file>', 'file with the password of that user')
    .addOption(outputOption())
    .action(async (name: string, options: SetupOptions) =>
      finish(await setupSink(name, options, context)),
    )
}

async function setupSink(
  name: string,
  options: SetupOptions,
  context: CliContext,
): Promise<ExitCode> {
  const sink = withCredentials(sinkOf(name, options, context), options, context)
  if (options.export === true) {
    await write(context.stdout, exportText(sink))
    return exitCodes.done
  }
  const steps = await setUp(sink, {
    readSecret,
    clock: context.clock,
    isDryRun: options.dryRun === true,
    signal: context.stopping,
  })
  if (options.output === 'table') await write(context.stdout, tableOf(steps))
  else for (const step of steps) await writeRecord(options.output, step, context)
  return exitCodes.done
}

function sinkOf(
  name: string,
  { config: file }: SetupOptions,
  { workingDirectory }: CliContext,
): SearchSinkConfig {
  const { sinks } = loadConfig(file, workingDirectory).config
  const sink = sinks.find((one) => one.name === name)
  if (sink !== undefined && isSearchSink(sink)) return sink
  const names = sinks.filter(isSearchSink).map((one) => one.name)
  throw new KubewitnessError(
    'usage.invalid',
    sink === undefined
      ? `there is no sink ${name} in the configuration`
      : `the sink ${name} is of type ${sink.type}, which needs no set-up`,
    {
      next:
        names.length === 0
          ? 'give the configuration that has a sink of type elasticsearch or opensearch with --config'
          : `those of type elasticsearch or opensearch are ${names.join(', ')}`,
    },
  )
}

/** The sink with the credentials of the command line in place of its own, if there are any. */
function withCredentials(
  sink: SearchSinkConfig,
  { apiKeyFile, username, passwordFile }: SetupOptions,
  { workingDirectory }: CliContext,
): SearchSinkConfig {
  if (apiKeyFile === undefined && username === undefined && passwordFile === undefined) return sink
  const isOneUser = username !== undefined && passwordFile !== undefined
  if ((apiKeyFile !== undefined) === isOneUser || (!isOneUser && apiKeyFile === undefined))
    throw new KubewitnessError(
      'usage.invalid',
      'the credentials are incomplete, or there are two',
      {
        next: 'give --api-key-file, or --username and --password-file',
      },
    )
  const { username: _, passwordFile: __, passwordEnv: ___, ...others } = sink
  const user = isOneUser ? { username, passwordFile: resolve(workingDirectory, passwordFile) } : {}
  if (others.type === 'opensearch') {
    if (isOneUser) return { ...others, ...user }
    throw new KubewitnessError('usage.invalid', 'OpenSearch has no API keys', {
      next: 'give --username and --password-file',
    })
  }
  const { apiKeyFile: ____, apiKeyEnv: _____, ...rest } = others
  if (apiKeyFile === undefined) return { ...rest, ...user }
  return { ...rest, apiKeyFile: resolve(workingDirectory, apiKeyFile) }
}

function tableOf(steps: readonly SetupStep[]): string {
  return tableText(
    ['WHAT', 'NAME', 'WAS', 'DONE'],
    steps.map(({ kind, name, state, action }) => [kind, name, state, action]),
  )
}
