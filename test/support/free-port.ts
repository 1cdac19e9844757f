import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** Ports of 127.0.0.1 that nobody listens on, all different. Another process could take one before the caller does. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  // A TCP server that listens has an AddressInfo; text is for pipes, null for one that does not listen.
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

/** One port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0]!
}
