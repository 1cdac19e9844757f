import {
  createServer,
  type IncomingMessage,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2'
import { Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock, Logger } from '../../contracts.ts'
import type { WebhookRequest, WebhookResponse } from './answer.ts'
import type { WebhookConfig } from './config.ts'
import { type Connections, trackConnections } from './connections.ts'
import { answerPlainHttp } from './plain-http.ts'
import { atMostEvery } from './rate-limit.ts'
import type { TlsMaterial } from './tls-material.ts'

/** `askForBody` tells a sender with `Expect: 100-continue` to begin. */
export type HandleRequest = (
  request: WebhookRequest,
  response: WebhookResponse,
  askForBody: () => void,
) => void

export interface ListenerOptions {
  readonly config: WebhookConfig
  /** Undefined: plain HTTP. */
  readonly tls: TlsMaterial | undefined
  readonly handle: HandleRequest
  readonly clock: Clock
  readonly logger: Logger
}

export interface Listener {
  readonly server: Server
  /** New connections get the new certificate. */
  useTls(tls: TlsMaterial): void
  /** Resolves when the last connection has gone. Open ones stay, also idle ones, on which a batch may be under way. */
  stopAccepting(): Promise<void>
  /** Closes connections without a request; those with one close behind its answer. */
  closeIdle(): void
  closeAll(): void
  /** For connections whose sender has shown who it is: see `Connections`. */
  keep(socket: Socket): void
}

const mebibyte = 1024 * 1024
const warnIntervalMs = 10_000

/**
 * HTTP/1.1 and HTTP/2 on one port, straight on Node's servers: one route needs no router, and a framework would
 * answer 4xx for content types and encodings of its own accord, and read a body before we can refuse it.
 */
export function createListener(options: ListenerOptions): Listener {
  return options.tls === undefined
    ? createPlainListener(options)
    : createTlsListener(options, options.tls)
}

function http1Options({ headersTimeoutMs, keepAliveTimeoutMs, requestTimeoutMs }: WebhookConfig) {
  return {
    headersTimeout: headersTimeoutMs,
    // Our own timer answers first; this one frees a connection whose refused body never ends.
    requestTimeout: headersTimeoutMs + requestTimeoutMs + 5_000,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(2_000, headersTimeoutMs),
    maxHeaderSize: 16 * 1024,
    noDelay: true,
  } satisfies ServerOptions
}

function createPlainListener(options: ListenerOptions): Listener {
  const server = createServer(http1Options(options.config))
  server.on('request', (request, response) => options.handle(request, response, () => undefined))
  server.on('checkContinue', (request, response) =>
    options.handle(request, response, () => response.writeContinue()),
  )
  return {
    server,
    useTls: () => undefined,
    ...closing(server),
    ...limitConnections(server, options),
  }
}

function createTlsListener(options: ListenerOptions, tls: TlsMaterial): Listener {
  const { config, handle } = options
  const server = createSecureServer({
    ...http1Options(config),
    ...secureContext(tls),
    allowHTTP1: true,
    handshakeTimeout: config.headersTimeoutMs,
    ...(tls.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
    // A stream's window takes an ordinary batch without waiting for us to widen it.
    settings: {
      initialWindowSize: mebibyte,
      maxConcurrentStreams: 100,
      maxHeaderListSize: 16 * 1024,
    },
    maxSessionMemory: 64,
  })
  answerHttp1(server, handle)
  answerHttp2(server, handle)
  server.on('session', (session) => {
    session.setLocalWindowSize(16 * mebibyte)
    session.setTimeout(config.keepAliveTimeoutMs, () => session.close())
  })
  warnOfBadClients(server, options)
  return {
    server,
    useTls: (next) => server.setSecureContext(secureContext(next)),
    ...closing(server),
    ...limitConnections(server, options),
  }
}

/** Behind it the server has listeners for requests, which would also be told of those of HTTP/2. */
function answerHttp1(server: Http2SecureServer, handle: HandleRequest): void {
  // By `answerHttp2` only those of HTTP/1 remain.
  const take = (request: unknown, response: unknown, askForBody: () => void): void =>
    handle(request as IncomingMessage, response as ServerResponse, askForBody)
  server.on('request', (request, response) => take(request, response, () => undefined))
  server.on('checkContinue', (request, response) =>
    take(request, response, () => response.writeContinue()),
  )
}

/**
 * Straight on the streams: what Node puts around one to make it look like a request of HTTP/1 costs about as much as all else
 * that is done for a small body.
 */
function answerHttp2(server: Http2SecureServer, handle: HandleRequest): void {
  server.removeAllListeners('stream')
  server.on('stream', (received, headers, _flags, rawHeaders) => {
    const stream = received as ServerHttp2Stream // Of a server there are no others.
    const { socket } = stream.session ?? {}
    if (socket === undefined) return // Its connection has gone.
    const { ':method': method, ':path': url } = headers
    const request = { method, url, headers, rawHeaders, socket, stream }
    const isWaiting = headers.expect?.toLowerCase() === '100-continue'
    handle(request, stream, () => {
      if (isWaiting) stream.additionalHeaders({ ':status': 100 })
    })
  })
}

function closing(server: Server): Pick<Listener, 'stopAccepting' | 'closeIdle'> {
  return {
    // The close of Node's HTTP servers ends idle connections at once; that of the class below them does not.
    stopAccepting: () =>
      new Promise((resolve) => Server.prototype.close.call(server, () => resolve())),
    closeIdle: () => server.close(),
  }
}

function secureContext({ cert, clientCa, key }: TlsMaterial) {
  return {
    cert,
    key,
    minVersion: 'TLSv1.2' as const,
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  }
}

function limitConnections(
  server: Server,
  { clock, config: { headersTimeoutMs, maxConnections }, logger }: ListenerOptions,
): Connections {
  const warn = atMostEvery(warnIntervalMs, clock)
  return trackConnections(server, {
    max: maxConnections,
    // For the handshake, and for the headers of the first request.
    strangerTimeoutMs: 2 * headersTimeoutMs,
    onRefused: () =>
      warn((suppressed) =>
        logger.warn('Connection was refused because webhook.maxConnections are open', {
          maxConnections,
          suppressed,
        }),
      ),
  })
}

function warnOfBadClients(server: Server, { clock, config, logger }: ListenerOptions): void {
  const warnPlain = atMostEvery(warnIntervalMs, clock)
  const warnTls = atMostEvery(warnIntervalMs, clock)
  answerPlainHttp(server, {
    firstByteTimeoutMs: config.headersTimeoutMs,
    onPlainHttp: ({ remoteAddress }: Socket) =>
      warnPlain((suppressed) =>
        logger.warn('Plain HTTP arrived on the HTTPS port; the sender has to use https://', {
          peer: remoteAddress,
          suppressed,
        }),
      ),
  })
  server.on('tlsClientError', (error: Error & { code?: string }, { remoteAddress }: TLSSocket) =>
    warnTls((suppressed) =>
      logger.warn('TLS handshake failed; check certificate-authority-data of the sender', {
        peer: remoteAddress,
        error: error.code ?? error.message,
        suppressed,
      }),
    ),
  )
}
