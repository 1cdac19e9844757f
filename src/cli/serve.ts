import type { Command } from 'commander'
import { createApp } from '../app/app.ts'
import { loadConfig } from '../config/load.ts'
import { messageOf } from '../errors.ts'
import { createLogger } from '../util/logger.ts'
import { type CliContext, type ExitCode, exitCodes, write } from './context.ts'

const drainMs = 10_000

/** `kubewitness serve`: the whole service in one process, until it is told to stop. */
export function serveCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('serve')
    .description('receive audit events, detect and deliver, in one process')
    .option('--config <file>', 'configuration (default: kubewitness.yml if there, else defaults)')
    .action(async (options: { readonly config?: string }) =>
      finish(await serve(options.config, context)),
    )
}

async function serve(configFile: string | undefined, context: CliContext): Promise<ExitCode> {
  const { config, file } = loadConfig(configFile, context.workingDirectory)
  const logger = createLogger(config.logLevel)
  const fatal = Promise.withResolvers<unknown>()
  const app = createApp({
    config,
    clock: context.clock,
    logger,
    random: context.random,
    fetch: context.fetch,
    stdout: context.stdout,
    onFatal: fatal.resolve,
  })
  await app.start()
  context.onHangup(() => void app.reload())
  logger.info('Ready', {
    config: file ?? 'defaults',
    webhook: app.webhook.address,
    admin: app.admin.address,
  })
  if (context.isTerminal) await write(context.stderr, welcome(app.webhook, app.admin.address))
  const stopped = new Promise<undefined>((resolve) => {
    if (context.stopping.aborted) resolve(undefined)
    context.stopping.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const failure = await Promise.race([stopped, fatal.promise])
  logger.info('Stopping')
  await app.stop(AbortSignal.timeout(drainMs))
  if (failure === undefined) return exitCodes.done
  logger.error('Stopped by a failure', { message: messageOf(failure) })
  return exitCodes.failed
}

interface Address {
  readonly host: string
  readonly port: number
}

function welcome(
  webhook: { readonly address: Address; readonly caFile?: string | undefined },
  admin: Address,
): string {
  return [
    `Kubewitness receives at https://${hostPort(webhook.address)}/audit/<cluster>`,
    ...(webhook.caFile === undefined ? [] : [`  its certificate authority: ${webhook.caFile}`]),
    `  state and alerts: http://${hostPort(admin)}/`,
    '',
  ].join('\n')
}

function hostPort({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
