import { isIP } from 'node:net'
import { z } from 'zod'

const mebibyte = 1024 * 1024

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

const listenSchema = z.string().refine((text) => parseListen(text) !== undefined, {
  error: 'must be host:port, IPv6 in brackets, like 127.0.0.1:9443 or [::1]:9443',
})

const tlsSchema = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('auto'),
    /** Names and addresses the certificate shall carry besides localhost, the host name and the listen address. */
    names: z.array(z.string().min(1)).default([]),
    /** Certificate authorities whose client certificates are accepted in place of a token. */
    clientCaFile: z.string().min(1).optional(),
  }),
  z.strictObject({
    mode: z.literal('files'),
    certFile: z.string().min(1),
    keyFile: z.string().min(1),
    clientCaFile: z.string().min(1).optional(),
  }),
  z.strictObject({
    mode: z.literal('off'),
    /** Plain HTTP on an address that others can reach, where the token travels readable. */
    allowPlainHttp: z.boolean().default(false),
  }),
])

const clusterSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/, {
      error:
        'must be lower-case letters, digits, dot, underscore or dash, beginning with a letter or digit',
    })
    .max(100),
  /**
   * Bearer tokens, one a line, any of which is accepted (two while one is being replaced). Made on first start if absent.
   * Without it `<dataDirectory>/tokens/<name>`, or no token at all when `clientCommonNames` are given.
   */
  tokenFile: z.string().min(1).optional(),
  /** Common names of client certificates that may send for this cluster. Without it any verified one may. */
  clientCommonNames: z.array(z.string().min(1)).min(1).optional(),
})

/** `webhook:` in the configuration file. Times in milliseconds, sizes in bytes. */
export const webhookConfigSchema = z
  .strictObject({
    listen: listenSchema.default('127.0.0.1:9443'),
    tls: tlsSchema.default({ mode: 'auto', names: [] }),
    clusters: z
      .array(clusterSchema)
      .min(1)
      .default([{ name: 'default' }]),
    /** Largest body, decompressed. An API server that truncates can send 40 MB. */
    maxBodyBytes: z
      .int()
      .min(1024)
      .default(64 * mebibyte),
    /** All bodies together that are being read or stored. */
    maxInFlightBytes: z
      .int()
      .min(2048)
      .default(160 * mebibyte),
    maxConnections: z.int().min(1).default(20_000),
    headersTimeoutMs: z.int().min(100).default(10_000),
    /** From the headers to the last byte of the body. */
    requestTimeoutMs: z.int().min(100).default(60_000),
    /** From the last byte to the answer. An API server gives up at 30 s. */
    consumeTimeoutMs: z.int().min(100).max(29_000).default(25_000),
    /** An API server sends every 30 s on a quiet cluster: connections have to outlive that. */
    keepAliveTimeoutMs: z.int().min(31_000).default(90_000),
  })
  .check((context) => {
    const { clusters, listen, maxBodyBytes, maxInFlightBytes, tls } = context.value
    const problem = (path: PropertyKey[], message: string) =>
      context.issues.push({ code: 'custom', input: context.value, path, message })
    if (maxInFlightBytes < 2 * maxBodyBytes)
      problem(['maxInFlightBytes'], 'must be at least twice maxBodyBytes')
    if (tls.mode === 'off' && !tls.allowPlainHttp && !isLoopback(parseListen(listen)?.host ?? ''))
      problem(
        ['tls', 'mode'],
        'off is refused on an address that others can reach; use auto or files, or set tls.allowPlainHttp: true',
      )
    for (const [index, { name, clientCommonNames }] of clusters.entries()) {
      if (clusters.findIndex((other) => other.name === name) < index)
        problem(['clusters', index, 'name'], 'is used twice')
      if (clientCommonNames !== undefined && (tls.mode === 'off' || tls.clientCaFile === undefined))
        problem(['clusters', index, 'clientCommonNames'], 'needs tls.clientCaFile')
    }
  })

export type WebhookConfig = z.output<typeof webhookConfigSchema>
