import { loadConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import { KubewitnessError } from '../../errors.ts'
import type { SinkConfig } from '../../sinks/table.ts'
import type { CliContext } from '../context.ts'

/** The configuration, and the sink of that name in it. Throws `usage.invalid` when there is none. */
export function configuredSink(
  name: string,
  file: string | undefined,
  context: CliContext,
): { readonly config: Config; readonly sink: SinkConfig } {
  const { config } = loadConfig(file, context.workingDirectory)
  const sink = config.sinks.find((each) => each.name === name)
  if (sink !== undefined) return { config, sink }
  const names = config.sinks.map((each) => each.name)
  throw new KubewitnessError('usage.invalid', `no sink is named ${name}`, {
    next: names.length === 0 ? 'configure one under sinks' : `choose one of ${names.join(', ')}`,
  })
}
