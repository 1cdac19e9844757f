import type { Clock } from '../contracts.ts'
import { TimedOut, withTimeout } from './timeout.ts'

/** What came of a request. Neither kind carries the address, which may be a secret. */
export type Reply =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly retryAfterMs?: number
      readonly text: string
    }
  | { readonly kind: 'failed'; readonly reason: string }

export interface Post {
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly url: string
  readonly method?: 'POST' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** No answer that we understand is longer; the rest is not read. */
const maxReplyBytes = 16 * 1024

/** A longer wish than this is not honoured. */
const maxRetryAfterMs = 3_600_000

/** One request, never followed to another place, cut off after `timeoutMs` including its answer. Never throws. */
export async function post(request: Post): Promise<Reply> {
  const { clock, signal, timeoutMs } = request
  try {
    return await withTimeout(clock, timeoutMs, signal, async (bounded) => {
      const response = await request.fetch(request.url, {
        method: request.method ?? 'POST',
        headers: { 'content-type': 'application/json', ...request.headers },
        body: request.body,
        redirect: 'manual',
        signal: bounded,
      })
      const retryAfterMs = parseRetryAfterMs(response.headers.get('retry-after'), clock.nowMs())
      const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
      return {
        kind: 'answered',
        status: response.status,
        text: await readStart(response),
        ...wait,
      }
    })
  } catch (error) {
    if (error instanceof TimedOut) return { kind: 'failed', reason: error.message }
    return { kind: 'failed', reason: signal.aborted ? 'stopped while waiting' : reasonOf(error) }
  }
}

/** `Retry-After`: seconds or a date (RFC 9110 §10.2.3), as milliseconds from now. */
export function parseRetryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  const text = header.trim()
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  if (Number.isNaN(ms)) return undefined
  return Math.min(Math.max(ms, 0), maxRetryAfterMs)
}

async function readStart(response: Response): Promise<string> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes >= maxReplyBytes) break
  }
  return Buffer.concat(chunks).subarray(0, maxReplyBytes).toString('utf8')
}

/** The system's code for it, such as ECONNREFUSED. Messages are not passed on: some of them quote the address. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return 'the request failed'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
}
