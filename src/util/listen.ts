import { isIP } from 'node:net'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Host and port of a `host:port` text; IPv6 in brackets. Undefined when it is not one. */
export function parseListen(text: string): ListenAddress | undefined {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text)
  const host = parts?.[1]?.replace(/^\[(.*)\]$/, '$1')
  const port = Number(parts?.[2])
  return host === undefined || port > 65_535 ? undefined : { host, port }
}

/** True when only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
