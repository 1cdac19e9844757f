import { type IncomingHttpHeaders, type IncomingMessage, ServerResponse } from 'node:http'
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { WithTimeout } from './timeouts.ts'

/** What a request of HTTP/2 has in common with one of HTTP/1. */
export interface Http2Request {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly socket: Socket
  /** Its body, and the answer. */
  readonly stream: ServerHttp2Stream
}

export type WebhookRequest = IncomingMessage | Http2Request
export type WebhookResponse = ServerResponse | ServerHttp2Stream

/** Where the body comes from. */
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
  const headers = {
    // No Content-Type with an empty body: an API server takes one it cannot parse for a failure.
    ...(text !== '' && { 'content-type': 'text/plain; charset=utf-8' }),
    'content-length': Buffer.byteLength(text),
    ...answer.headers,
  }
  const closed = new Promise((resolve) => response.once('close', resolve))
  if ('stream' in request) finishHttp2(request, { ':status': answer.status, ...headers }, text)
  else if (response instanceof ServerResponse) {
    response.statusCode = answer.status
    response.setHeaders(new Map(Object.entries(headers)))
    if (isLast) response.setHeader('connection', 'close')
    await finishHttp1(request, response, answer, text, withTimeout)
  }
  await closed
}

async function finishHttp1(
  request: IncomingMessage,
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

function finishHttp2(
  { method, stream }: Http2Request,
  headers: OutgoingHttpHeaders,
  text: string,
): void {
  if (!stream.readableEnded)
    stream.once('finish', () => {
      if (stream.readableEnded || stream.closed) return
      // A reset overtakes the end of the answer if that is still queued, and then Go's client takes the answer for broken.
      setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR))
    })
  const isEmpty = text === '' || method === 'HEAD'
  stream.respond(headers, { endStream: isEmpty })
  if (!isEmpty) stream.end(text)
}

/** True for a request whose body, if it has one, is short and not yet begun. */
function isShort(request: IncomingMessage): boolean {
  const { headers, readableDidRead } = request
  if (headers['transfer-encoding'] !== undefined || readableDidRead) return false
  return Number(headers['content-length'] ?? 0) <= shortBodyBytes
}

function discard(request: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<void> {
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
