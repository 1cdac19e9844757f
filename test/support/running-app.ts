import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { type App, createApp } from '../../src/app/app.ts'
import type { ServiceRoles } from '../../src/app/service-role.ts'
import { parseConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import type { Alert, Logger } from '../../src/contracts.ts'
import type { WebhookSource } from '../../src/sources/webhook/source.ts'
import { systemClock } from '../../src/util/clock.ts'
import { createSender, type Sender } from './sender.ts'
import { createTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts'
import { waitUntilRead } from './until-read.ts'

/** The whole service in this process, on ports of its own and an empty store, with a sender that may post to it. */
export interface RunningApp extends AsyncDisposable {
  readonly app: App
  readonly folder: string
  readonly sender: Sender
  readonly adminUrl: string
  /** What was said in the diagnostics, with its fields. */
  readonly said: readonly {
    readonly level: string
    readonly message: string
    readonly fields: Readonly<Record<string, unknown>>
  }[]
  /** What the `stdout` sink wrote, if the configuration has one. */
  stdout(): string
  /** Posts a body and expects 200. */
  post(body: Uint8Array): Promise<void>
  /** Waits until every reader has read everything. */
  settle(): Promise<void>
  alerts(): Promise<Alert[]>
  /** Changes the configuration, for the next reload. */
  reconfigure(changes: Readonly<Record<string, unknown>>): void
}

export async function startApp(
  config: Readonly<Record<string, unknown>> = {},
  roles?: ServiceRoles,
  files: Readonly<Record<string, string>> = {},
): Promise<RunningApp> {
  const folder: TemporaryFolder = await createTemporaryFolder('app')
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text)
  const said: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = []
  const say =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      void said.push({ level, message, fields })
  const logger: Logger = {
    error: say('error'),
    warn: say('warn'),
    info: say('info'),
    debug: say('debug'),
  }
  const stdout = new PassThrough()
  const chunks: Buffer[] = []
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const parse = (changes: object): Config =>
    parseConfig(
      JSON.stringify({
        dataDirectory: './data',
        sinks: [],
        webhook: { listen: '127.0.0.1:0' },
        admin: { listen: '127.0.0.1:0' },
        ...config,
        ...changes,
      }),
      'test',
      folder.path,
    )
  const parsed = parse({})
  let changed = parsed
  const app = createApp({
    config: parsed,
    readConfig: () => changed,
    ...(roles && { roles }),
    clock: systemClock,
    logger,
    random: Math.random,
    fetch,
    stdout,
    onFatal: (error) => say('fatal')(String(error)),
  })
  await app.start()
  const openSender = ({ address, caFile }: WebhookSource): Sender =>
    createSender({
      url: `https://127.0.0.1:${address.port}/audit/default`,
      token: readFileSync(join(folder.path, 'data', 'tokens', 'default'), 'utf8').trim(),
      ca: readFileSync(caFile, 'utf8'),
      protocol: 'h2',
      random: Math.random,
      timeScale: 0.01,
    })
  const sender = app.webhook && openSender(app.webhook)
  const senderOf = (): Sender => {
    if (sender === undefined) throw new Error('nothing receives here: the role ingest is missing')
    return sender
  }
  const adminUrl = `http://127.0.0.1:${app.admin.address.port}`
  const groups = ['detect', ...parsed.sinks.map(({ name }) => `sink:${name}`)]
  return {
    app,
    folder: folder.path,
    get sender() {
      return senderOf()
    },
    adminUrl,
    said,
    stdout: () => Buffer.concat(chunks).toString('utf8'),
    post: async (body) => {
      const result = await senderOf().send(body, AbortSignal.timeout(60_000))
      if (result.outcome !== 'accepted')
        throw new Error(`not accepted: ${JSON.stringify(result.tries)}`)
    },
    reconfigure: (changes) => {
      changed = parse(changes)
    },
    settle: () => waitUntilRead({ adminUrl }, groups),
    alerts: async () => {
      const records = await app.log.browse('alerts', { order: 'oldest', limit: 100_000 })
      // The topic holds alerts alone.
      return records.map(({ value }) => JSON.parse(Buffer.from(value).toString('utf8')) as Alert)
    },
    [Symbol.asyncDispose]: async () => {
      sender?.close()
      await app.stop(AbortSignal.timeout(5000))
      await folder.remove()
    },
  }
}
