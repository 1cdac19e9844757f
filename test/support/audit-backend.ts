import type { Clock } from '../../src/contracts.ts'
import { systemClock } from '../../src/util/clock.ts'
import { type AuditItem, eventListBody } from './bodies.ts'
import type { Sender, SendResult } from './sender.ts'

export interface AuditBackendOptions {
  readonly mode: 'batch' | 'blocking'
  /** `--audit-webhook-batch-max-size`, default 400 events. */
  readonly maxBatchSize?: number
  /** `--audit-webhook-batch-max-wait`, default 30 s. Taken as given: scale it beside the sender's `timeScale`. */
  readonly maxWaitMs?: number
  /** `--audit-webhook-batch-throttle-qps`, default 10 batches a second. */
  readonly qps?: number
  /** `--audit-webhook-batch-throttle-burst`, default 15. */
  readonly burst?: number
  /** `--audit-webhook-batch-buffer-size`, default 10,000 events. */
  readonly bufferSize?: number
  readonly clock?: Clock
  /** Called for every batch that was sent or given up. */
  readonly onResult?: (result: SendResult, events: readonly AuditItem[]) => void
}

/** In the words of `apiserver_audit_error_total{plugin}`: `buffered` = no room or shut down, `webhook` = given up after five attempts. */
export interface AuditBackendCounters {
  readonly events: number
  readonly sentBatches: number
  readonly sentEvents: number
  readonly droppedBuffered: number
  readonly droppedWebhook: number
  readonly inFlightBatches: number
  readonly peakInFlightBatches: number
  readonly peakBufferedEvents: number
}

export interface AuditBackend {
  /** Takes events as the request path of an API server does. Resolves at once in batch mode; in blocking mode after each was posted. */
  processEvents(events: readonly AuditItem[]): Promise<void>
  counters(): AuditBackendCounters
  /** Takes no more, sends what the buffer holds and waits for what is in flight. The signal gives that up. */
  stop(signal: AbortSignal): Promise<void>
}

/**
 * Batches as apiserver `plugin/pkg/audit/buffered`: one collector that waits for `maxBatchSize` events or `maxWaitMs` since it
 * began to collect, a token bucket behind it, and posts that run side by side without a bound. While the bucket holds
 * the collector up the buffer fills, and what finds it full is dropped.
 */
export function createAuditBackend(sender: Sender, options: AuditBackendOptions): AuditBackend {
  return options.mode === 'batch'
    ? new BufferedBackend(sender, options)
    : new BlockingBackend(sender, options)
}

/** Posts batches and counts what came of them. */
class Delegate {
  readonly #sender: Sender
  readonly #options: AuditBackendOptions
  readonly #abandon = new AbortController()
  readonly #inFlight = new Set<Promise<void>>()
  events = 0
  droppedBuffered = 0
  peakBufferedEvents = 0
  #sentBatches = 0
  #sentEvents = 0
  #droppedWebhook = 0
  #peakInFlightBatches = 0

  constructor(sender: Sender, options: AuditBackendOptions) {
    this.#sender = sender
    this.#options = options
  }

  get abandoned(): AbortSignal {
    return this.#abandon.signal
  }

  post(batch: readonly AuditItem[]): Promise<void> {
    const done = this.#send(batch).finally(() => this.#inFlight.delete(done))
    this.#inFlight.add(done)
    this.#peakInFlightBatches = Math.max(this.#peakInFlightBatches, this.#inFlight.size)
    return done
  }

  async #send(batch: readonly AuditItem[]): Promise<void> {
    const body = eventListBody(batch.map((item) => item.text))
    const result = await this.#sender.send(body, this.#abandon.signal)
    if (result.outcome === 'accepted') {
      this.#sentBatches++
      this.#sentEvents += batch.length
    } else this.#droppedWebhook += batch.length
    this.#options.onResult?.(result, batch)
  }

  async settle(): Promise<void> {
    await Promise.all(this.#inFlight)
  }

  /** Runs `work`, and abandons what is in flight when the signal aborts meanwhile. */
  async until(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const abandon = () => this.#abandon.abort(signal.reason)
    if (signal.aborted) abandon()
    signal.addEventListener('abort', abandon, { once: true })
    try {
      await work()
    } finally {
      signal.removeEventListener('abort', abandon)
    }
  }

  counters(): AuditBackendCounters {
    return {
      events: this.events,
      sentBatches: this.#sentBatches,
      sentEvents: this.#sentEvents,
      droppedBuffered: this.droppedBuffered,
      droppedWebhook: this.#droppedWebhook,
      inFlightBatches: this.#inFlight.size,
      peakInFlightBatches: this.#peakInFlightBatches,
      peakBufferedEvents: this.peakBufferedEvents,
    }
  }
}

class BlockingBackend implements AuditBackend {
  readonly #delegate: Delegate
  #isStopped = false

  constructor(sender: Sender, options: AuditBackendOptions) {
    this.#delegate = new Delegate(sender, options)
  }

  async processEvents(events: readonly AuditItem[]): Promise<void> {
    for (const event of events) {
      this.#delegate.events++
      if (this.#isStopped) this.#delegate.droppedBuffered++
      else await this.#delegate.post([event])
    }
  }

  counters(): AuditBackendCounters {
    return this.#delegate.counters()
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#isStopped = true
    await this.#delegate.until(signal, () => this.#delegate.settle())
  }
}

class BufferedBackend implements AuditBackend {
  readonly #delegate: Delegate
  readonly #clock: Clock
  readonly #maxBatchSize: number
  readonly #maxWaitMs: number
  readonly #bufferSize: number
  readonly #accept: (signal: AbortSignal) => Promise<void>
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  #buffer: AuditItem[] = []
  /** The batch that the collector holds while it waits for more, and how to tell it that it is full. */
  #collecting: { readonly batch: AuditItem[]; readonly full: AbortController } | undefined

  constructor(sender: Sender, options: AuditBackendOptions) {
    const { qps = 10, burst = 15, clock = systemClock } = options
    this.#delegate = new Delegate(sender, options)
    this.#clock = clock
    this.#maxBatchSize = options.maxBatchSize ?? 400
    this.#maxWaitMs = options.maxWaitMs ?? 30_000
    this.#bufferSize = options.bufferSize ?? 10_000
    this.#accept = createThrottle(qps, burst, clock)
    this.#running = this.#run()
  }

  async processEvents(events: readonly AuditItem[]): Promise<void> {
    for (const event of events) this.#offer(event)
  }

  counters(): AuditBackendCounters {
    return this.#delegate.counters()
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping.abort()
    await this.#delegate.until(signal, async () => {
      await this.#running
      await this.#delegate.settle()
    })
  }

  #offer(event: AuditItem): void {
    this.#delegate.events++
    if (this.#stopping.signal.aborted) {
      this.#delegate.droppedBuffered++
    } else if (this.#collecting !== undefined) {
      const { batch, full } = this.#collecting
      batch.push(event)
      if (batch.length < this.#maxBatchSize) return
      this.#collecting = undefined
      full.abort()
    } else if (this.#buffer.length < this.#bufferSize) {
      this.#buffer.push(event)
      const { peakBufferedEvents } = this.#delegate
      this.#delegate.peakBufferedEvents = Math.max(peakBufferedEvents, this.#buffer.length)
    } else this.#delegate.droppedBuffered++
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted || this.#buffer.length > 0) {
      const batch = await this.#collect()
      if (batch.length === 0) continue
      try {
        await this.#accept(this.#delegate.abandoned)
      } catch {
        // Stopped for good while it waited for its turn: what is left is lost, and counted.
        this.#delegate.droppedBuffered += batch.length + this.#buffer.length
        this.#buffer = []
        return
      }
      void this.#delegate.post(batch)
    }
  }

  async #collect(): Promise<AuditItem[]> {
    const batch = this.#buffer.splice(0, this.#maxBatchSize)
    if (batch.length === this.#maxBatchSize || this.#stopping.signal.aborted) return batch
    const full = new AbortController()
    this.#collecting = { batch, full }
    try {
      await this.#clock.sleep(
        this.#maxWaitMs,
        AbortSignal.any([full.signal, this.#stopping.signal]),
      )
    } catch {
      // Full, or told to stop: both end the wait.
    }
    this.#collecting = undefined
    return batch
  }
}

/** A token bucket (client-go `flowcontrol.NewTokenBucketRateLimiter`), full at the beginning. */
function createThrottle(
  qps: number,
  burst: number,
  clock: Clock,
): (signal: AbortSignal) => Promise<void> {
  let tokens = burst
  let atMs = clock.nowMs()
  return async (signal) => {
    const nowMs = clock.nowMs()
    tokens = Math.min(burst, tokens + ((nowMs - atMs) * qps) / 1000)
    atMs = nowMs
    tokens -= 1
    if (tokens < 0) await clock.sleep((-tokens / qps) * 1000, signal)
  }
}
