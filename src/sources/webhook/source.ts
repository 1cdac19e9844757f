import { hostname } from 'node:os'
import type { Clock, Component, Consumer, Logger, Metrics, ReceivedBody } from '../../contracts.ts'
import { messageOf } from '../../errors.ts'
import { type ListenAddress, parseListen } from '../../util/listen.ts'
import {
  type Answer,
  bodyOf,
  sendAnswer,
  type WebhookRequest,
  type WebhookResponse,
} from './answer.ts'
import { createAuthenticate } from './authenticate.ts'
import { createInFlightBudget } from './budget.ts'
import type { WebhookConfig } from './config.ts'
import { createInFlightCount } from './in-flight.ts'
import { keepTlsFresh } from './keep-tls-fresh.ts'
import { listen } from './listen.ts'
import { createListener, type Listener } from './listener.ts'
import { authorityFile, ownAddresses } from './own-certificate.ts'
import { createReceive, type WebhookAlarm } from './receive.ts'
import * as refusals from './refusals.ts'
import { createTimeouts, untilAborted } from './timeouts.ts'
import { loadTlsMaterial, type TlsMaterial } from './tls-material.ts'
import { createTokenStore } from './tokens.ts'

export interface WebhookSourceOptions {
  readonly config: WebhookConfig
  readonly dataDirectory: string
  readonly consumer: Consumer<ReceivedBody>
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** Called for every body that is refused for its size. */
  readonly onAlarm: (alarm: WebhookAlarm) => void
}

export interface WebhookSource extends Component {
  /** Where it listens; the port is the true one once started. */
  readonly address: ListenAddress
  /** What a sender has to trust: our authority's certificate, or the configured one; empty without TLS. */
  readonly caFile: string
  /** Takes changed token files, also for open connections. Rejects with `config.secret` and keeps the old ones. */
  reloadTokens(): Promise<void>
}

const lingerMs = 1_000
const timeoutStepMs = 250

/** The place where API servers post: HTTPS, one path a cluster, 200 only after `consume` has resolved. */
export function createWebhookSource(options: WebhookSourceOptions): WebhookSource {
  const { clock, config, dataDirectory, logger, metrics } = options
  const work = new AbortController()
  const upkeep = new AbortController()
  const timekeeping = new AbortController()
  const tokens = createTokenStore(config, dataDirectory)
  const authenticate = createAuthenticate(config, tokens)
  const withTimeout = createTimeouts({ clock, stepMs: timeoutStepMs, signal: timekeeping.signal })
  const receive = createReceive({
    ...options,
    withTimeout,
    authenticate: (cluster, credentials) => {
      const authentication = authenticate(cluster, credentials)
      if (authentication !== 'stranger') listener?.keep(credentials.socket)
      return authentication
    },
    budget: createInFlightBudget({
      totalBytes: config.maxInFlightBytes,
      maxBodyBytes: config.maxBodyBytes,
      onChange: (bytes) => metrics.set('kubewitness_requests_in_flight_bytes', bytes),
    }),
    signal: work.signal,
  })
  // The schema has checked the form.
  let address = parseListen(config.listen)!
  let listener: Listener | undefined
  let stopped: Promise<void> | undefined
  const inFlight = createInFlightCount()

  async function start(): Promise<void> {
    await tokens.start()
    const load = tlsLoader(options)
    const tls = await load?.()
    const created = createListener({ config, tls, handle, clock, logger })
    listener = created
    address = await listen(created.server, address)
    created.server.on('error', (error) =>
      logger.error('Webhook listener failed', { error: messageOf(error) }),
    )
    if (load === undefined || tls === undefined)
      logger.warn('Webhook listener has no TLS; API servers send their token over https only')
    else
      void keepTlsFresh({
        current: tls,
        load,
        use: created.useTls,
        clock,
        logger,
        signal: upkeep.signal,
      })
    logger.info('Webhook listener is ready', { ...address })
  }

  function handle(
    request: WebhookRequest,
    response: WebhookResponse,
    askForBody: () => void,
  ): void {
    // A sender that leaves is seen by 'close'; the error itself has nobody to go to.
    bodyOf(request).on('error', () => undefined)
    response.on('error', () => undefined)
    if (stopped === undefined) void inFlight.during(respond(request, response, askForBody))
    else void answerWith(request, response, '', refusals.stopping)
  }

  async function respond(
    request: WebhookRequest,
    response: WebhookResponse,
    askForBody: () => void,
  ): Promise<void> {
    try {
      const { answer, cluster } = await receive(request, askForBody)
      if (answer !== undefined) await answerWith(request, response, cluster, answer)
      else metrics.add('kubewitness_requests_total', 1, { cluster, code: 'aborted' })
    } catch (error) {
      logger.error('Webhook request failed', { error: messageOf(error) })
      await answerWith(request, response, '', refusals.notTaken(error))
    }
  }

  async function answerWith(
    request: WebhookRequest,
    response: WebhookResponse,
    cluster: string,
    answer: Answer,
  ): Promise<void> {
    metrics.add('kubewitness_requests_total', 1, { cluster, code: String(answer.status) })
    await sendAnswer(request, response, answer, { withTimeout, isLast: stopped !== undefined })
  }

  async function shutDown(target: Listener, deadline: AbortSignal): Promise<void> {
    upkeep.abort()
    const onDeadline = () => work.abort(deadline.reason)
    deadline.addEventListener('abort', onDeadline, { once: true })
    if (deadline.aborted) onDeadline()
    const closed = target.stopAccepting()
    await Promise.race([inFlight.none(), untilAborted(work.signal)])
    target.closeIdle()
    const linger = (late: AbortSignal) => Promise.race([closed, untilAborted(late)])
    await withTimeout(lingerMs, linger, work.signal)
    deadline.removeEventListener('abort', onDeadline)
    target.closeAll()
    await closed
    timekeeping.abort()
  }

  return {
    name: 'webhook',
    start,
    stop: async (deadline) => {
      if (listener === undefined) return
      stopped ??= shutDown(listener, deadline)
      await stopped
    },
    reloadTokens: () => tokens.reload(),
    caFile: caFileOf(options),
    get address() {
      return address
    },
  }
}

function tlsLoader(options: WebhookSourceOptions): (() => Promise<TlsMaterial>) | undefined {
  const { clock, config, dataDirectory } = options
  const { tls } = config
  if (tls.mode === 'off') return undefined
  const host = parseListen(config.listen)?.host ?? ''
  const isWildcard = host === '0.0.0.0' || host === '::'
  const names = [
    'localhost',
    '127.0.0.1',
    '::1',
    hostname(),
    ...(isWildcard ? ownAddresses() : [host]),
    ...(tls.mode === 'auto' ? tls.names : []),
  ]
  return () => loadTlsMaterial({ tls, dataDirectory, names: [...new Set(names)], clock })
}

function caFileOf({ config, dataDirectory }: WebhookSourceOptions): string {
  const { tls } = config
  if (tls.mode === 'off') return ''
  return tls.mode === 'files' ? tls.certFile : authorityFile(dataDirectory)
}
