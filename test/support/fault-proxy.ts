import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createProxiedPair, type Fault, type ProxiedPair } from './proxied-pair.ts'

export interface FaultProxy {
  readonly port: number
  /** Open connections. */
  readonly connections: number
  /** Holds for open connections and for those to come, from when it resolves. */
  setFault(fault: Fault): Promise<void>
  close(): Promise<void>
}

/** A TCP proxy on 127.0.0.1 that passes bytes on to the target, or does what the fault says. */
export async function createFaultProxy(options: {
  readonly targetPort: number
  readonly targetHost?: string
}): Promise<FaultProxy> {
  const pairs = new Set<ProxiedPair>()
  let fault: Fault = { kind: 'none' }
  const listen = async (port: number): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const host = options.targetHost ?? '127.0.0.1'
      const target = connect({ port: options.targetPort, host, allowHalfOpen: true })
      const pair = createProxiedPair(client, target, () => pairs.delete(pair))
      pairs.add(pair)
      pair.apply(fault)
    })
    await once(server.listen(port, '127.0.0.1'), 'listening')
    return server
  }
  let server = await listen(0)
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    port,
    get connections() {
      return pairs.size
    },
    setFault: async (next) => {
      fault = next
      if (next.kind === 'refuse') server.close()
      else if (!server.listening) server = await listen(port)
      for (const pair of pairs) pair.apply(next)
    },
    close: async () => {
      server.close()
      for (const pair of pairs) pair.reset()
      while (pairs.size > 0) await wait(1)
    },
  }
}
