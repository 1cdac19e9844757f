/** A part of the process with a lifetime of its own. */
export interface Component {
  readonly name: string
  /** Resolves when ready. Rejects with a KubewitnessError on anything that an operator has to fix. */
  start(): Promise<void>
  /** Refuses new work, finishes or abandons what it holds before the deadline aborts. Idempotent; safe before start. */
  stop(deadline: AbortSignal): Promise<void>
}

/**
 * Resolving takes over responsibility for the whole batch: it is durable. Rejecting takes none of it.
 * A rejection with a KubewitnessError whose `retryable` is true means: full or busy, come back in `retryAfterMs`.
 */
export interface Consumer<T> {
  consume(batch: T, signal: AbortSignal): Promise<void>
}

/**
 * One request body as it arrived (decompressed), and the cluster its path named. The bytes are the consumer's until it
 * has settled; then their memory is used again.
 */
export interface ReceivedBody {
  readonly cluster: string
  /** Which API server of the cluster, as far as its connection tells: see `EventBatch.sender`. */
  readonly sender: string
  readonly bytes: Uint8Array
  readonly receivedAtMs: number
}

/** Time, passed in so that tests can hold it. */
export interface Clock {
  nowMs(): number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** Our own diagnostics (never event content). Message is constant English, data goes into fields. */
export interface Logger {
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
}

export type Labels = Readonly<Record<string, string>>

/** Counters and gauges by the names of `util/metrics.ts`, so that no other folder knows the metrics library. */
export interface Metrics {
  add(name: MetricName, value: number, labels?: Labels): void
  set(name: MetricName, value: number, labels?: Labels): void
  observe(name: MetricName, value: number, labels?: Labels): void
}
export type MetricName = `kubewitness_${string}`
