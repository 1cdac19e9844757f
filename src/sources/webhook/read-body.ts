import { bodyOf, type WebhookRequest } from './answer.ts'
import { type BodyBuffer, createBodyBuffer } from './body-buffer.ts'
import type { Reservation } from './budget.ts'
import { gunzipBody } from './gunzip.ts'
import type { WithTimeout } from './timeouts.ts'

export type ReadResult =
  | { readonly kind: 'complete'; readonly bytes: Uint8Array }
  /** `bytes` or more. */
  | { readonly kind: 'tooLarge'; readonly bytes: number; readonly limitBytes: number }
  /** The budget for bodies in flight is used up. */
  | { readonly kind: 'noRoom' }
  | { readonly kind: 'timedOut' }
  /** The sender has left. */
  | { readonly kind: 'aborted' }

export interface ReadBodyOptions {
  /** Holds the stated length already. */
  readonly reservation: Reservation
  readonly maxBodyBytes: number
  readonly timeoutMs: number
  readonly withTimeout: WithTimeout
}

/**
 * Without a stated length a body is collected in pieces and copied together at its end, and what is read before it
 * turns out to be too large is memory spent for nothing. API servers always state the length.
 */
const maxUnstatedBytes = 16 * 1024 * 1024

/** Reads a whole body into memory of its own, decompressed. Never rejects. */
export function readBody(request: WebhookRequest, options: ReadBodyOptions): Promise<ReadResult> {
  const { maxBodyBytes, reservation, timeoutMs, withTimeout } = options
  const statedBytes = statedLengthOf(request)
  const limitBytes = statedBytes ?? Math.min(maxBodyBytes, maxUnstatedBytes)
  const buffer = createBodyBuffer({ reservation, expectedBytes: statedBytes ?? 0, limitBytes })
  return withTimeout(timeoutMs, async (signal) => {
    const kind = await fill(buffer, request, signal)
    if (kind === 'tooLarge') return { kind, bytes: limitBytes + 1, limitBytes }
    if (kind !== 'complete') return { kind }
    const bytes = buffer.take()
    if (encodingOf(request) !== 'gzip') return { kind, bytes }
    return gunzipBody(bytes, { reservation, limitBytes: maxBodyBytes, signal })
  })
}

/** Content-Length; undefined for a chunked body, and over HTTP/2 when the sender gives none. */
export function statedLengthOf(request: WebhookRequest): number | undefined {
  const text = request.headers['content-length']
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

export function encodingOf(request: WebhookRequest): 'identity' | 'gzip' | 'other' {
  const text = (request.headers['content-encoding'] ?? '').trim().toLowerCase()
  if (text === '' || text === 'identity') return 'identity'
  return text === 'gzip' || text === 'x-gzip' ? 'gzip' : 'other'
}

/** Reads until the body ends, the buffer takes no more, the sender leaves, or the signal aborts. */
function fill(
  buffer: BodyBuffer,
  request: WebhookRequest,
  signal: AbortSignal,
): Promise<'complete' | 'tooLarge' | 'noRoom' | 'timedOut' | 'aborted'> {
  const source = bodyOf(request)
  return new Promise((resolve) => {
    const finish = (result: 'complete' | 'tooLarge' | 'noRoom' | 'timedOut' | 'aborted') => {
      signal.removeEventListener('abort', onTimeout)
      source.off('data', onData).off('end', onEnd).off('close', onClose)
      if (result !== 'complete') source.pause()
      resolve(result)
    }
    const onTimeout = () => finish('timedOut')
    const onEnd = () => finish('complete')
    const onClose = () => finish('aborted')
    const onData = (chunk: Uint8Array) => {
      const result = buffer.append(chunk)
      if (result !== 'taken') finish(result)
    }
    signal.addEventListener('abort', onTimeout, { once: true })
    source.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}
