import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

/** `early`: closes before it has read; `hang`: never closes; `reset`: resets the connection. */
export type ReceiverBehaviour = 'ok' | 'early' | 'hang' | 'reset'

/** What stands for a syslog server: keeps what each connection brought, once that has ended. */
export interface SyslogReceiver {
  readonly port: number
  readonly streams: Buffer[]
  behaviour: ReceiverBehaviour
  readonly connections: () => number
  close(): Promise<void>
}

export async function startStreamReceiver(tls?: TlsOptions): Promise<SyslogReceiver> {
  const sockets = new Set<Socket>()
  let connections = 0
  // One that hangs must not be ended for us.
  const options = { allowHalfOpen: true }
  const server: Server =
    tls === undefined
      ? createServer(options, accept)
      : createTlsServer({ ...tls, ...options }, accept)
  function accept(socket: Socket): void {
    connections++
    socket.on('error', () => undefined)
    const { behaviour } = receiver
    if (behaviour === 'reset') socket.resetAndDestroy()
    if (behaviour === 'early') socket.destroy()
    if (behaviour !== 'ok') return
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('end', () => {
      receiver.streams.push(Buffer.concat(chunks))
      socket.end()
    })
  }
  // Also those that never come to be a connection with TLS.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const receiver: SyslogReceiver = {
    port: (server.address() as AddressInfo).port,
    streams: [],
    behaviour: 'ok',
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}

export async function startDatagramReceiver() {
  const socket = createSocket('udp4')
  const messages: Buffer[] = []
  socket.on('message', (message) => messages.push(message))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { port: socket.address().port, messages, close: () => void socket.close() }
}
