import { type IncomingMessage, ServerResponse } from 'node:http'
import {
  constants,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Stream,
} from 'node:http2'
import type { WithTimeout } from './timeouts.ts'

export type WebhookRequest = IncomingMessage | Http2ServerRequest
export type WebhookResponse = ServerResponse | Http2ServerResponse

/** Where the body comes from. An HTTP/2 request hands on what its stream reads, chunk by chunk: reading the stream saves that. */
export function bodyOf(request: WebhookRequest): IncomingMessage | ServerHttp2Stream {
  return 'stream' in request ? request.stream : request
}

/** What a request is answered with. */
export interface Answer {
  readonly status: number
  /** One line for the sender's log: what is wrong and what to do. Empty with 200. */
  readonly reason: string
  readonly headers?: Readonly<Record<string, string>>
  /** How much of a body that nobody wants is read away, so that a sender that reads only afterwards sees the answer. */
  readonly discardBytes?: number
}

/** A body this short is read away without a word, and the connection goes on. */
const shortBodyBytes = 1024 * 1024
const discardTimeoutMs = 10_000

export interface SendOptions {
  readonly withTimeout: WithTimeout
  /** Close the connection behind it. */
  readonly isLast: boolean
}

/** Writes the answer, deals with what the sender is still sending, and resolves when both are done. Never rejects. */
export async function sendAnswer(
  request: WebhookRequest,
  response: WebhookResponse,
  answer: Answer,
  { isLast, withTimeout }: SendOptions,
): Promise<void> {
  if (response.headersSent || response.destroyed) return
  const text = answer.reason === '' ? '' : `${answer.reason}\n`
  response.statusCode = answer.status
  // No Content-Type with an empty body: an API server takes one it cannot parse for a failure.
  if (text !== '') response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.setHeader('content-length', Buffer.byteLength(text))
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  const closed = new Promise((resolve) => response.once('close', resolve))
  if (response instanceof ServerResponse) {
    if (isLast) response.setHeader('connection', 'close')
    await finishHttp1(request, response, answer, text, withTimeout)
  } else finishHttp2(request, response, text)
  await closed
}

async function finishHttp1(
  request: WebhookRequest,
  response: ServerResponse,
  answer: Answer,
  text: string,
  withTimeout: WithTimeout,
): Promise<void> {
  if (request.complete || isShort(request)) {
    response.end(text)
    return
  }
  // The whole answer goes out now, but ending it would close the socket, and what is then still on its way would
  // make the kernel reset the connection before the sender has read the answer.
  response.setHeader('connection', 'close')
  response.write(text)
  await withTimeout(discardTimeoutMs, (signal) =>
    discard(request, answer.discardBytes ?? shortBodyBytes, signal),
  )
  response.end()
}

function finishHttp2(request: WebhookRequest, response: Http2ServerResponse, text: string): void {
  response.end(text, () => {
    if (request.complete || bodyOf(request).readableEnded) return
    // A reset overtakes the end of the answer if that is still queued, and then Go's client takes the answer for broken.
    setImmediate(() => response.stream.close(constants.NGHTTP2_NO_ERROR))
  })
}

/** True for a request whose body, if it has one, is short and not yet begun. */
function isShort(request: WebhookRequest): boolean {
  const { headers, readableDidRead } = request
  if (headers['transfer-encoding'] !== undefined || readableDidRead) return false
  return Number(headers['content-length'] ?? 0) <= shortBodyBytes
}

function discard(request: WebhookRequest, maxBytes: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0
    const finish = () => {
      signal.removeEventListener('abort', finish)
      request.off('data', onData).off('end', finish).off('close', finish)
      request.pause()
      resolve()
    }
    const onData = (chunk: Uint8Array) => {
      bytes += chunk.length
      if (bytes > maxBytes) finish()
    }
    signal.addEventListener('abort', finish, { once: true })
    request.on('data', onData).on('end', finish).on('close', finish)
    request.resume()
  })
}
