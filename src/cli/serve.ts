import { type Command, InvalidArgumentError } from 'commander'
import { type App, createApp } from '../app/app.ts'
import {
  allServiceRoles,
  roleNames,
  type ServiceRole,
  type ServiceRoles,
  serviceRoles,
} from '../app/service-role.ts'
import { loadConfig } from '../config/load.ts'
import { messageOf } from '../errors.ts'
import { createLogger } from '../util/logger.ts'
import { type CliContext, type ExitCode, exitCodes, write } from './context.ts'

/** With what comes behind it a process without brokers ends within ten seconds or so. */
const drainMs = 8_000

interface ServeOptions {
  readonly config?: string
  readonly roles: ServiceRoles
}

/** `kubewitness serve`: the whole service in one process, or some of its roles, until it is told to stop. */
export function serveCommand(
  program: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('serve')
    .description('receive audit events, detect and deliver, in one process or in one for each role')
    .option('--config <file>', 'configuration (default: kubewitness.yml if there, else defaults)')
    .option(
      '--roles <list>',
      `what runs in this process, of ${serviceRoles.join(',')} (default: all); several processes share a log of type kafka`,
      rolesArgument,
      allServiceRoles,
    )
    .action(async (options: ServeOptions) => finish(await serve(options, context)))
}

function rolesArgument(text: string): ServiceRoles {
  const roles = text.split(',').map((name) => {
    const role = serviceRoles.find((one) => one === name.trim())
    if (role === undefined)
      throw new InvalidArgumentError(
        `${JSON.stringify(name)} is no role; write some of ${serviceRoles.join(',')}`,
      )
    return role
  })
  return new Set<ServiceRole>(roles)
}

async function serve(
  { config: given, roles }: ServeOptions,
  context: CliContext,
): Promise<ExitCode> {
  const { config, file } = loadConfig(given, context.workingDirectory)
  const logger = createLogger(config.logLevel)
  const fatal = Promise.withResolvers<unknown>()
  // An alert that nobody reads any more waits; receiving does not.
  context.outliveReader()
  const app = createApp({
    config,
    readConfig: () => loadConfig(given, context.workingDirectory).config,
    roles,
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
    roles: roleNames(roles),
    ...(app.webhook && { webhook: app.webhook.address }),
    admin: app.admin.address,
  })
  if (context.isTerminal) await write(context.stderr, welcome(app))
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

function welcome({ webhook, admin }: App): string {
  const receives =
    webhook === undefined
      ? []
      : [
          `Kubewitness receives at https://${hostPort(webhook.address)}/audit/<cluster>`,
          ...(webhook.caFile === '' ? [] : [`  its certificate authority: ${webhook.caFile}`]),
        ]
  return [...receives, `  state and alerts: http://${hostPort(admin.address)}/`, ''].join('\n')
}

function hostPort({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
