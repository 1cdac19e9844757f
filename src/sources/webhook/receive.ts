import type { Clock, Consumer, Logger, Metrics, ReceivedBody } from '../../contracts.ts'
import { KubewitnessError, messageOf } from '../../errors.ts'
import { release } from '../../util/release.ts'
import type { Answer, WebhookRequest } from './answer.ts'
import type { Authenticate } from './authenticate.ts'
import type { InFlightBudget, Reservation } from './budget.ts'
import type { WebhookConfig } from './config.ts'
import { atMostEvery } from './rate-limit.ts'
import { encodingOf, type ReadResult, readBody, statedLengthOf } from './read-body.ts'
import * as refusals from './refusals.ts'
import { senderName } from './sender-name.ts'
import { untilAborted, type WithTimeout } from './timeouts.ts'

/** Something an operator has to hear of, because events are being lost. */
export interface WebhookAlarm {
  readonly code: 'body_too_large'
  readonly cluster: string
  /** As stated by the sender, or the least it can be. */
  readonly bytes: number
  readonly message: string
}

export interface ReceiveOptions {
  readonly config: WebhookConfig
  readonly authenticate: Authenticate
  readonly budget: InFlightBudget
  readonly consumer: Consumer<ReceivedBody>
  readonly clock: Clock
  readonly withTimeout: WithTimeout
  readonly logger: Logger
  readonly metrics: Metrics
  readonly onAlarm: (alarm: WebhookAlarm) => void
  /** Aborts what is being stored. */
  readonly signal: AbortSignal
}

export interface Received {
  /** Empty unless the sender may send for it, so that nobody can make up metric labels. */
  readonly cluster: string
  /** Undefined: the sender has left. */
  readonly answer: Answer | undefined
}

/** Takes one request from its headers to its answer. `askForBody` lets a sender that waits for leave begin. */
export type Receive = (request: WebhookRequest, askForBody: () => void) => Promise<Received>

const logIntervalMs = 10_000

export function createReceive(options: ReceiveOptions): Receive {
  const { authenticate, budget, config, metrics, withTimeout } = options
  const handOver = createHandOver(options)
  const warn = atMostEvery(logIntervalMs, options.clock)
  let refusedForRoom = 0

  return async (request, askForBody) => {
    const cluster = clusterOf(request.url ?? '')
    const refusal = cluster === undefined ? refusals.unknownPath : checkSender(request, cluster)
    if (cluster === undefined || refusal !== undefined) {
      sayRefused(request, refusal)
      return { cluster: '', answer: refusal }
    }
    if (encodingOf(request) === 'other') return { cluster, answer: refusals.unsupportedEncoding }
    const bytes = statedLengthOf(request) ?? 0
    if (bytes > config.maxBodyBytes)
      return { cluster, answer: tooLarge(cluster, bytes, config.maxBodyBytes) }
    const reservation = budget.reserve(`${cluster} ${request.socket.remoteAddress ?? ''}`, bytes)
    if (reservation === undefined) return { cluster, answer: noRoom() }
    askForBody()
    const body = await readBody(request, {
      reservation,
      maxBodyBytes: config.maxBodyBytes,
      timeoutMs: config.requestTimeoutMs,
      withTimeout,
    })
    if (body.kind !== 'complete') {
      reservation.release()
      return { cluster, answer: unread(cluster, body) }
    }
    metrics.add('kubewitness_request_bytes_total', body.bytes.length, { cluster })
    const origin = { cluster, sender: senderName(request.socket) }
    return { cluster, answer: await handOver(origin, body.bytes, reservation) }
  }

  /** Refusals that tell nothing about which clusters there are. */
  function checkSender(request: WebhookRequest, cluster: string): Answer | undefined {
    if (request.method !== 'POST') return refusals.wrongMethod
    const authentication = authenticate(cluster, request)
    if (authentication === 'stranger') return refusals.unauthenticated
    return authentication === 'unknownCluster' ? refusals.unknownCluster : undefined
  }

  /** For whoever wonders why nothing comes; seldom, since anybody can bring it about. */
  function sayRefused({ socket }: WebhookRequest, refusal: Answer | undefined): void {
    warn((suppressed) =>
      options.logger.warn('A request was refused before its body was read', {
        peer: socket.remoteAddress,
        status: refusal?.status,
        reason: refusal?.reason,
        suppressed,
      }),
    )
  }

  function unread(
    cluster: string,
    result: Exclude<ReadResult, { kind: 'complete' }>,
  ): Answer | undefined {
    switch (result.kind) {
      case 'tooLarge':
        return tooLarge(cluster, result.bytes, result.limitBytes)
      case 'noRoom':
        return noRoom()
      case 'timedOut':
        return refusals.tooSlow
      case 'aborted':
        return undefined
    }
  }

  function tooLarge(cluster: string, bytes: number, limitBytes: number): Answer {
    options.onAlarm({
      code: 'body_too_large',
      cluster,
      bytes,
      message: `a body of ${bytes} bytes or more from cluster ${cluster} is over the limit of ${limitBytes} bytes, and its events are lost when the API server has tried five times; lower --audit-webhook-batch-max-size, or set --audit-webhook-truncate-enabled with --audit-webhook-truncate-max-event-size, or raise webhook.maxBodyBytes`,
    })
    return refusals.tooLarge(bytes, limitBytes)
  }

  /** Two to four seconds in turn, so that those who were refused together do not come back together. */
  function noRoom(): Answer {
    refusedForRoom++
    return refusals.noRoom(2 + (refusedForRoom % 3), config.maxBodyBytes)
  }
}

/** Gives a body to the consumer; the reservation is given back when the consumer is done with it, however late. */
function createHandOver(options: ReceiveOptions) {
  const { clock, config, consumer, logger, metrics, signal, withTimeout } = options
  const logFailure = atMostEvery(logIntervalMs, clock)

  /** Rejects when the signal aborts, even if the consumer does not heed it. */
  async function store(
    body: ReceivedBody,
    reservation: Reservation,
    stop: AbortSignal,
  ): Promise<void> {
    const consume = async () => {
      try {
        await consumer.consume(body, stop)
      } finally {
        reservation.release()
        release(body.bytes)
      }
    }
    await Promise.race([consume(), untilAborted(stop).then(() => stop.throwIfAborted())])
  }

  return async (
    origin: Pick<ReceivedBody, 'cluster' | 'sender'>,
    bytes: Uint8Array,
    reservation: Reservation,
  ): Promise<Answer> => {
    const { cluster } = origin
    const receivedAtMs = clock.nowMs()
    try {
      await withTimeout(
        config.consumeTimeoutMs,
        (stop) => store({ ...origin, bytes, receivedAtMs }, reservation, stop),
        signal,
      )
      return { status: 200, reason: '' }
    } catch (error) {
      if (!(error instanceof KubewitnessError && error.retryable))
        logFailure((suppressed) =>
          logger.error('Batch was not stored; the sender will send it again', {
            cluster,
            error: messageOf(error),
            suppressed,
          }),
        )
      return refusals.notTaken(error)
    } finally {
      metrics.observe(
        'kubewitness_request_duration_seconds',
        (clock.nowMs() - receivedAtMs) / 1000,
        { cluster },
      )
    }
  }
}

/** `/audit/<cluster>`, a slash behind it and any query ignored: API servers add `?timeout=30s`. */
function clusterOf(url: string): string | undefined {
  return /^\/audit\/([^/?#]+)\/?(?:[?#]|$)/.exec(url)?.[1]
}
