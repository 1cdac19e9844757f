import type { Server, Socket } from 'node:net'

/** The open connections of a server. */
export interface Connections {
  /** Its sender has shown who it is: from now on the connection may idle, and makes room for nobody. */
  keep(socket: Socket): void
  closeAll(): void
}

export interface ConnectionsOptions {
  readonly max: number
  /** How long a connection may be open before its sender has shown who it is. */
  readonly strangerTimeoutMs: number
  /** A connection came while `max` of known senders were open, and was closed. */
  readonly onRefused: () => void
}

/**
 * Bounds what connections cost: an idle one with TLS and HTTP/2 takes some 80 KiB, and anybody can open one. Strangers
 * are closed after a while; where there are too many connections, the stranger that has been there longest makes
 * room for the newcomer, so that a flood of them keeps no sender out.
 */
export function trackConnections(server: Server, options: ConnectionsOptions): Connections {
  const { max, onRefused, strangerTimeoutMs } = options
  const open = new Set<Socket>()
  /** In the order of their coming. */
  const strangers = new Map<string, { readonly socket: Socket; readonly timer: NodeJS.Timeout }>()

  function forget(key: string): void {
    clearTimeout(strangers.get(key)?.timer)
    strangers.delete(key)
  }

  // Before the listeners of TLS and HTTP, so that a refused connection costs nothing more.
  server.prependListener('connection', (socket: Socket) => {
    const key = keyOf(socket)
    if (open.size >= max) {
      const [oldest] = strangers
      if (oldest === undefined) onRefused()
      const [oldestKey, { socket: leaving }] = oldest ?? [key, { socket }]
      forget(oldestKey)
      open.delete(leaving)
      leaving.destroy()
      if (leaving === socket) return
    }
    open.add(socket)
    const timer = setTimeout(() => socket.destroy(), strangerTimeoutMs).unref()
    strangers.set(key, { socket, timer })
    socket.once('close', () => {
      open.delete(socket)
      if (strangers.get(key)?.socket === socket) forget(key)
    })
  })
  return {
    keep: (socket) => forget(keyOf(socket)),
    closeAll: () => {
      for (const socket of open) socket.destroy()
    },
  }
}

/** Both ends: what TLS and HTTP/2 put around a socket has them too. */
function keyOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`
}
