import type { AddressInfo, Server } from 'node:net'
import { KubewitnessError, messageOf } from '../../errors.ts'
import type { ListenAddress } from '../../util/listen.ts'

/** Resolves with the true address once it listens. Rejects with `listen.inUse` or `listen.refused`. */
export function listen(server: Server, { host, port }: ListenAddress): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(listenError(error, host, port))
    server.once('error', onError)
    server.listen({ host, port }, () => {
      server.off('error', onError)
      // An address on a TCP port is an object.
      resolve({ host, port: (server.address() as AddressInfo).port })
    })
  })
}

function listenError(
  cause: Error & { code?: string },
  host: string,
  port: number,
): KubewitnessError {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (cause.code === 'EADDRINUSE')
    return new KubewitnessError(
      'listen.inUse',
      `cannot receive webhooks on ${place}: it is in use`,
      {
        cause,
        next: 'stop the other process, or choose another address with webhook.listen',
      },
    )
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'this process may not use the port; choose one above 1023',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'the host name is unknown',
  }
  return new KubewitnessError(
    'listen.refused',
    `cannot receive webhooks on ${place}: ${reasons[cause.code ?? ''] ?? messageOf(cause)}`,
    { cause, next: 'correct webhook.listen' },
  )
}
