import { isIP } from 'node:net'
import { z } from 'zod'

/** Host and port of a `host:port` text; IPv6 in brackets. Undefined when it is not one. */
export function parseListen(text: string): { host: string; port: number } | undefined {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text)
  const host = parts?.[1]?.replace(/^\[(.*)\]$/, '$1')
  const port = Number(parts?.[2])
  return host === undefined || port > 65_535 ? undefined : { host, port }
}

/** True when only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** `admin:` in the configuration file. */
export const adminConfigSchema = z.strictObject({
  /** Plain HTTP without authentication: keep it on loopback, or behind a proxy that asks who is there. */
  listen: z
    .string()
    .refine((text) => parseListen(text) !== undefined, {
      error: 'must be host:port, IPv6 in brackets, like 127.0.0.1:9480 or [::1]:9480',
    })
    .default('127.0.0.1:9480'),
})

export type AdminConfig = z.output<typeof adminConfigSchema>
