import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly bytes: Buffer
}

export interface ScriptedReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A loopback HTTP server that answers as `reply` says; `undefined` = never. */
export interface ScriptedServer {
  readonly origin: string
  readonly requests: ReceivedRequest[]
  reply: (request: ReceivedRequest) => ScriptedReply | undefined
  close(): Promise<void>
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const scripted: Omit<ScriptedServer, 'origin' | 'close'> = {
    requests: [],
    reply: () => ({ status: 200, body: 'ok' }),
  }
  const server = createServer((request, response) => void answer(scripted, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port has this kind of address.
  const { port } = server.address() as AddressInfo
  return Object.assign(scripted, {
    origin: `http://127.0.0.1:${port}`,
    close: () => closeServer(server),
  })
}

async function answer(
  scripted: Omit<ScriptedServer, 'origin' | 'close'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const received = {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body: bytes.toString('utf8'),
    bytes,
  }
  scripted.requests.push(received)
  const reply = scripted.reply(received)
  if (reply === undefined) return
  response.writeHead(reply.status, reply.headers)
  response.end(reply.body ?? '')
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

export function jsonReply(status: number, body: unknown, headers: object = {}): ScriptedReply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
}

/** As Elasticsearch answers, whose client looks for the header. */
export function elasticsearchReply(status: number, body: unknown): ScriptedReply {
  return jsonReply(status, body, { 'x-elastic-product': 'Elasticsearch' })
}
