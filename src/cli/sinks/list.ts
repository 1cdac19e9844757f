import type { Command } from 'commander'
import { loadConfig } from '../../config/load.ts'
import { keepsEvents } from '../../sinks/table.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import { tableText } from '../table-text.ts'

interface ListOptions extends OutputOptions {
  readonly config?: string
}

/** `kubewitness sinks list`: the sinks of the configuration, the routes that lead there, and which get all events. */
export function listCommand(
  sinks: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  sinks
    .command('list')
    .description(
      'the sinks of the configuration, the routes that lead there, and which get all events',
    )
    .option('--config <file>', 'configuration (default: kubewitness.yml if there, else defaults)')
    .addOption(outputOption())
    .action(async (options: ListOptions) => finish(await listSinks(options, context)))
}

async function listSinks(
  { config: file, output }: ListOptions,
  context: CliContext,
): Promise<ExitCode> {
  const { sinks, routes } = loadConfig(file, context.workingDirectory).config
  const records = sinks.map((sink) => ({
    name: sink.name,
    type: sink.type,
    minimumLevel: sink.minimumLevel ?? 'informational',
    events: keepsEvents(sink),
    // Places in the configuration, from 0; null: there are no routes, everything leads everywhere.
    routes:
      routes.length === 0
        ? null
        : routes.flatMap((route, index) => (route.sinks.includes(sink.name) ? [index] : [])),
  }))
  if (output === 'table') {
    const rows = records.map(({ events, routes: leading, ...record }) => [
      record.name,
      record.type,
      record.minimumLevel,
      leading === null ? 'all alerts' : leading.map((index) => `routes[${index}]`).join(' ') || '-',
      events ? 'all' : '-',
    ])
    const head = ['NAME', 'TYPE', 'MINIMUM LEVEL', 'ROUTES', 'EVENTS']
    await write(context.stdout, tableText(head, rows))
  } else for (const record of records) await writeRecord(output, record, context)
  return exitCodes.done
}
