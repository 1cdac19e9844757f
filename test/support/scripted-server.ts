import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { generate } from 'selfsigned'

/** One request as it arrived. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly httpVersion: string
  /** Names and values in the order of the wire. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** What to do with it: answer, cut the connection, or say nothing at all. */
export type ScriptedAnswer =
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  | 'reset'
  | 'silence'

export interface ScriptedServer {
  readonly url: string
  readonly port: number
  /** The server's own certificate, PEM: what a client has to trust. */
  readonly ca: string
  readonly requests: readonly SeenRequest[]
  /** Connections made so far. */
  readonly connections: number
  close(): Promise<void>
}

/** An HTTPS server on 127.0.0.1 for HTTP/2 and HTTP/1.1 that answers request number n (from 0) as told. */
export async function createScriptedServer(
  answer: (index: number, request: SeenRequest) => ScriptedAnswer | Promise<ScriptedAnswer>,
): Promise<ScriptedServer> {
  const certificate = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  })
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server: Http2SecureServer = createSecureServer(
    { key: certificate.private, cert: certificate.cert, allowHTTP1: true },
    (request, response) => {
      void serve(request, response, requests, answer)
    },
  )
  server.on('secureConnection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    url: `https://127.0.0.1:${port}/audit/test`,
    port,
    ca: certificate.cert,
    requests,
    get connections() {
      return connections
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function serve(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  requests: SeenRequest[],
  answer: (index: number, request: SeenRequest) => ScriptedAnswer | Promise<ScriptedAnswer>,
): Promise<void> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer) // no encoding is set, so chunks are buffers
  } catch {
    return
  }
  const seen: SeenRequest = {
    method: request.method ?? '',
    path: request.url ?? '',
    httpVersion: request.httpVersion,
    rawHeaders: request.rawHeaders,
    body: Buffer.concat(chunks),
  }
  const told = await answer(requests.push(seen) - 1, seen)
  if (told === 'silence') return
  if (told === 'reset') {
    // The compatibility layer hides the socket of a stream; its session has the true one.
    if ('stream' in response) response.stream.session?.destroy()
    else response.socket?.destroy()
    return
  }
  response.statusCode = told.status
  for (const [name, value] of Object.entries(told.headers ?? {})) response.setHeader(name, value)
  response.end(told.body ?? '')
}
