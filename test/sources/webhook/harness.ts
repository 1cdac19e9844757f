import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { Agent, request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, Consumer, Logger, ReceivedBody } from '../../../src/contracts.ts'
import { webhookConfigSchema } from '../../../src/sources/webhook/config.ts'
import type { WebhookAlarm } from '../../../src/sources/webhook/receive.ts'
import { createWebhookSource, type WebhookSource } from '../../../src/sources/webhook/source.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { createMetrics, type MetricsRegistry } from '../../../src/util/metrics.ts'

export interface Harness {
  readonly source: WebhookSource
  readonly dataDirectory: string
  readonly metrics: MetricsRegistry
  readonly bodies: ReceivedBody[]
  readonly alarms: WebhookAlarm[]
  readonly log: LogLine[]
  readonly ca: string
  readonly token: string
  /** Sends over HTTP/1.1, a connection of its own unless an agent is given. */
  post(options?: PostOptions): Promise<Reply>
  postHttp2(options?: PostOptions): Promise<Reply>
  stop(): Promise<void>
}

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface PostOptions {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: Uint8Array | string
  readonly token?: string | undefined
  readonly agent?: Agent
  readonly session?: ClientHttp2Session
  readonly cert?: string
  readonly key?: string
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

export interface HarnessOptions {
  readonly config?: Readonly<Record<string, unknown>>
  readonly consumer?: Consumer<ReceivedBody>
  readonly clock?: Clock
  readonly dataDirectory?: string
}

/** A started source on a free port of loopback. `stop` it. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'kw-webhook-')))
  const bodies: ReceivedBody[] = []
  const alarms: WebhookAlarm[] = []
  const log: LogLine[] = []
  const metrics = createMetrics({ withProcessMetrics: false })
  const keep: Consumer<ReceivedBody> = {
    consume: async (body) => {
      bodies.push({ ...body, bytes: Uint8Array.from(body.bytes) })
    },
  }
  const source = createWebhookSource({
    config: webhookConfigSchema.parse({ listen: '127.0.0.1:0', ...options.config }),
    dataDirectory,
    consumer: options.consumer ?? keep,
    clock: options.clock ?? systemClock,
    logger: collectInto(log),
    metrics,
    onAlarm: (alarm) => alarms.push(alarm),
  })
  try {
    await source.start()
  } catch (error) {
    await rm(dataDirectory, { recursive: true, force: true })
    throw error
  }
  const ca = source.caFile === '' ? '' : await readFile(source.caFile, 'utf8')
  const token = (
    await readFile(join(dataDirectory, 'tokens', 'default'), 'utf8').catch(() => '')
  ).trim()
  const target = { address: source.address, ca, token }
  return {
    source,
    dataDirectory,
    metrics,
    bodies,
    alarms,
    log,
    ca,
    token,
    post: (post = {}) => postHttp1(target, post),
    postHttp2: (post = {}) => postHttp2(target, post),
    stop: async () => {
      await source.stop(AbortSignal.timeout(5_000))
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}

export function collectInto(log: LogLine[]): Logger {
  const at =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      log.push({ level, message, fields })
    }
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }
}

interface Target {
  readonly address: { readonly host: string; readonly port: number }
  readonly ca: string
  readonly token: string
}

function headersOf(target: Target, options: PostOptions): Record<string, string | string[]> {
  const token = 'token' in options ? options.token : target.token
  return {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...options.headers,
  }
}

function postHttp1(target: Target, options: PostOptions): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: target.address.host,
        port: target.address.port,
        ca: target.ca,
        method: options.method ?? 'POST',
        path: options.path ?? '/audit/default?timeout=30s',
        agent: options.agent ?? new Agent({ keepAlive: false }),
        headers: headersOf(target, options),
        ...(options.cert === undefined ? {} : { cert: options.cert }),
        ...(options.key === undefined ? {} : { key: options.key }),
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        )
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(options.body ?? '{}')
  })
}

async function postHttp2(target: Target, options: PostOptions): Promise<Reply> {
  const session = options.session ?? openHttp2(target, options)
  const body = options.body ?? '{}'
  try {
    return await new Promise<Reply>((resolve, reject) => {
      session.on('error', reject)
      const stream = session.request({
        ':method': options.method ?? 'POST',
        ':path': options.path ?? '/audit/default?timeout=30s',
        'content-length': String(Buffer.byteLength(body)),
        ...headersOf(target, options),
      })
      let headers: Readonly<Record<string, unknown>> = {}
      const chunks: Buffer[] = []
      stream.on('response', (received) => {
        headers = received
      })
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', reject)
      stream.on('close', () =>
        resolve({
          status: Number(headers[':status'] ?? 0),
          headers,
          text: Buffer.concat(chunks).toString(),
        }),
      )
      stream.end(body)
    })
  } finally {
    if (options.session === undefined) session.close()
  }
}

export function openHttp2(
  { address, ca }: Pick<Target, 'address' | 'ca'>,
  { cert, key }: Pick<PostOptions, 'cert' | 'key'> = {},
): ClientHttp2Session {
  return connectHttp2(`https://${address.host}:${address.port}`, {
    ca,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  })
}

/** Polls until the condition holds, at most 10 s. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + 10_000
  while (!(await condition())) {
    if (Date.now() > untilMs) throw new Error(`not in time: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The lines of one metric, without its help. */
export async function metricLines(metrics: MetricsRegistry, name: string): Promise<string[]> {
  const text = await metrics.text()
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
}
