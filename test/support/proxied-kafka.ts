import { createFaultProxy, type FaultProxy } from './fault-proxy.ts'
import { freePorts } from './free-port.ts'
import { kafka } from './kafka.ts'
import { startOwnServer } from './servers.ts'

/** A broker of one test, with a way to it that can be broken. */
export interface ProxiedKafka {
  /** Clients that begin here stay on this way: the broker tells them the proxy's address. */
  readonly address: string
  readonly proxy: FaultProxy
  /** The broker itself, by the proxy's side. */
  readonly directAddress: string
  [Symbol.asyncDispose](): Promise<void>
}

export async function startProxiedKafka(): Promise<ProxiedKafka> {
  const [control, behind] = (await freePorts(2)) as [number, number]
  const proxy = await createFaultProxy({ targetPort: behind })
  const address = `127.0.0.1:${proxy.port}`
  const server = await startOwnServer(kafka, {
    listeners: `PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:${control},PROXIED://127.0.0.1:${behind}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:{port},PROXIED://${address}`,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${control}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT',
  })
  if (server === undefined) throw new Error('this test breaks the way to a Kafka of its own')
  return {
    address,
    proxy,
    directAddress: server.address,
    [Symbol.asyncDispose]: async () => {
      await proxy.close()
      await server.stop()
    },
  }
}
