import { createRequire } from 'node:module'
import type { ISocketFactory } from 'kafkajs'

type Socket = ReturnType<ISocketFactory>

/** The sockets of a client of kafkajs, which by itself gives up none of them before it gets its answers. */
export interface Sockets {
  /** For kafkajs. Throws once they are cut. */
  readonly open: ISocketFactory
  /** Ends them all, and opens no more: whatever waits for an answer fails at once. */
  cut(): void
}

/** `openSocket` makes them: kafkajs's own way if it is not given. */
export function createSockets(openSocket: ISocketFactory = defaultFactory()): Sockets {
  const live = new Set<Socket>()
  let isCut = false
  return {
    open: (options) => {
      if (isCut) throw new Error('the client is closed')
      const socket = openSocket(options)
      // Whoever waited for a connection that fails ends it once more, and each of them listens while it does.
      socket.setMaxListeners(0)
      live.add(socket)
      socket.once('close', () => live.delete(socket))
      return socket
    },
    cut: () => {
      isCut = true
      // kafkajs rejects its requests at an error, not at the end of a socket alone.
      for (const socket of live) socket.destroy(new Error('the client is closed'))
    },
  }
}

function defaultFactory(): ISocketFactory {
  const require = createRequire(import.meta.url)
  return (require('kafkajs/src/network/socketFactory') as () => ISocketFactory)()
}
