import { performance } from 'node:perf_hooks'
import type { Clock } from '../../src/contracts.ts'
import { messageOf } from '../../src/errors.ts'
import { systemClock } from '../../src/util/clock.ts'
import { createPoster, type PostAnswer, type Poster, type PostTarget } from './post.ts'

export interface SenderOptions extends PostTarget {
  /** What waits are slept on. The time that the network takes is always real. */
  readonly clock?: Clock
  /** 1 = as an API server waits; 0.01 = a hundredth of it. */
  readonly timeScale?: number
  /** [0, 1): for jitter and for `loseAnswers`. */
  readonly random: () => number
  /** `--audit-webhook-initial-backoff`. */
  readonly initialBackoffMs?: number
  /** For one attempt and all that its inner layer resends. Waits count in full whatever `timeScale` is. */
  readonly deadlineMs?: number
  /** Real milliseconds after which one silent exchange counts as timed out. Default: 30 s scaled, not under 5 s. */
  readonly exchangeTimeoutMs?: number
  /** Share, 0 to 1, of the good answers that get lost on their way back: the same bytes are sent again. */
  readonly loseAnswers?: number
}

/** One request and what came of it. `waitedMs` is the wait before it as an API server would wait, unscaled. */
export interface SendTry {
  readonly attempt: number
  readonly waitedMs: number
  /** `accepted`: it counts. `lost`: the receiver said 200–206, the sender never learnt. `failed`: anything else. */
  readonly outcome: 'accepted' | 'lost' | 'failed'
  readonly status?: number
  readonly error?: string
}

export interface SendResult {
  readonly outcome: 'accepted' | 'dropped' | 'aborted'
  /** The receiver took responsibility at least once, even if the sender does not know. */
  readonly acknowledged: boolean
  /** Of the last answer. */
  readonly status?: number
  /** Attempts of the outer layer, 1 to 5. */
  readonly attempts: number
  readonly tries: readonly SendTry[]
  /** Real milliseconds from the first byte of the last request to the end of its answer. */
  readonly ackMs: number
  /** Real milliseconds of everything. */
  readonly totalMs: number
}

export interface Sender {
  readonly dials: number
  /** Never rejects: what the world does is in the result. */
  send(body: Uint8Array, signal: AbortSignal): Promise<SendResult>
  /** Ends its connections. */
  close(): void
}

const maxAttempts = 5
const maxResends = 10

/**
 * A client that sends as kube-apiserver's audit webhook backend does: five attempts whatever the error
 * (apiserver `pkg/util/webhook`, waits of 10, 15, 22.5, 33.75 s and up to a fifth more), and within each the answers
 * 429 and 5xx with a whole number in Retry-After resent up to ten times under one deadline of 30 s (client-go
 * `rest/with_retry.go`). Unlike Go it sends nothing more over a connection on which an exchange timed out, and follows no redirects.
 */
export function createSender(options: SenderOptions): Sender {
  const poster = createPoster(options)
  return {
    get dials() {
      return poster.dials
    },
    send: (body, signal) => send(poster, options, body, signal),
    close: () => poster.close(),
  }
}

/** What one `send` has gathered so far. */
interface Progress {
  readonly tries: SendTry[]
  attempt: number
  waitedMs: number
  ackMs: number
}

async function send(
  poster: Poster,
  options: SenderOptions,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<SendResult> {
  const { clock = systemClock, timeScale = 1, initialBackoffMs = 10_000, random } = options
  const startedMs = performance.now()
  const progress: Progress = { tries: [], attempt: 0, waitedMs: 0, ackMs: 0 }
  const finish = (outcome: SendResult['outcome']): SendResult => {
    const status = progress.tries.at(-1)?.status
    return {
      outcome,
      acknowledged: progress.tries.some((entry) => entry.outcome !== 'failed'),
      ...(status === undefined ? {} : { status }),
      attempts: progress.attempt,
      tries: progress.tries,
      ackMs: progress.ackMs,
      totalMs: performance.now() - startedMs,
    }
  }
  try {
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      if (attempt > 1) {
        const waitMs = initialBackoffMs * 1.5 ** (attempt - 2) * (1 + 0.2 * random())
        await clock.sleep(waitMs * timeScale, signal)
        progress.waitedMs += waitMs
      }
      signal.throwIfAborted()
      progress.attempt = attempt
      if (await attemptOnce(poster, options, body, signal, progress)) return finish('accepted')
    }
    return finish('dropped')
  } catch (error) {
    if (signal.aborted) return finish('aborted')
    throw error
  }
}

/** The inner layer. True when the body was accepted. Throws only when the signal aborts. */
async function attemptOnce(
  poster: Poster,
  options: SenderOptions,
  body: Uint8Array,
  signal: AbortSignal,
  progress: Progress,
): Promise<boolean> {
  const { clock = systemClock, timeScale = 1, deadlineMs = 30_000 } = options
  const { exchangeTimeoutMs = Math.max(5_000, 30_000 * timeScale) } = options
  let leftMs = deadlineMs
  for (let resends = 0; ; resends++) {
    const startedMs = performance.now()
    const answer = await exchange(poster, body, signal, Math.min(leftMs, exchangeTimeoutMs))
    signal.throwIfAborted()
    progress.ackMs = performance.now() - startedMs
    leftMs = Math.max(0, leftMs - progress.ackMs)
    const done = judge(answer, options)
    progress.tries.push({ attempt: progress.attempt, waitedMs: progress.waitedMs, ...done })
    progress.waitedMs = 0
    if (done.outcome === 'accepted') return true
    const askedMs = answer instanceof Error ? undefined : retryAfterMs(answer)
    if (askedMs === undefined || resends === maxResends) return false
    // Go sleeps until its deadline and fails there when the wait does not fit.
    const waitMs = Math.min(askedMs, leftMs)
    await clock.sleep(waitMs * timeScale, signal)
    progress.waitedMs = waitMs
    leftMs -= waitMs
    if (leftMs <= 0) return false
  }
}

/** The timer is real, because the network is. */
async function exchange(
  poster: Poster,
  body: Uint8Array,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<PostAnswer | Error> {
  const abort = new AbortController()
  const giveUp = () => abort.abort(signal.reason)
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp, { once: true })
  const timer = setTimeout(
    () => abort.abort(new Error(`no answer within ${Math.round(timeoutMs)} ms`)),
    timeoutMs,
  )
  try {
    return await poster.post(body, abort.signal)
  } catch (error) {
    if (abort.signal.aborted && !signal.aborted) poster.retire()
    return new Error(messageOf(error), { cause: error })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}

/** client-go `transformResponse`: 200–206, unless the content type cannot be parsed. */
function judge(
  answer: PostAnswer | Error,
  { loseAnswers = 0, random }: SenderOptions,
): Pick<SendTry, 'outcome' | 'status' | 'error'> {
  if (answer instanceof Error) return { outcome: 'failed', error: answer.message }
  const { status, contentType } = answer
  if (status < 200 || status > 206) return { outcome: 'failed', status }
  if (contentType !== undefined && contentType !== '' && !isMediaType(contentType)) {
    return { outcome: 'failed', status, error: 'the content type of the answer cannot be parsed' }
  }
  if (loseAnswers > 0 && random() < loseAnswers) {
    return { outcome: 'lost', status, error: 'the answer was lost on purpose' }
  }
  return { outcome: 'accepted', status }
}

/** An HTTP date is no number and is ignored, as there. */
function retryAfterMs({ status, retryAfter }: PostAnswer): number | undefined {
  if (status !== 429 && status < 500) return undefined
  if (retryAfter === undefined || !/^[+-]?\d+$/.test(retryAfter)) return undefined
  return Math.max(0, Number(retryAfter) * 1000)
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const mediaType = new RegExp(
  `^\\s*${token}(/${token})?\\s*(;\\s*${token}\\s*=\\s*(${token}|"([^"\\\\]|\\\\.)*")\\s*)*;?\\s*$`,
)

/** What Go's `mime.ParseMediaType` takes, but for its refusal of a parameter given twice. */
function isMediaType(text: string): boolean {
  return mediaType.test(text)
}
