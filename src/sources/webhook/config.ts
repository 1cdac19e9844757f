import { z } from 'zod'
import { isLoopback, parseListen } from '../../util/listen.ts'
import { clusterNameSchema } from '../cluster-name.ts'

const mebibyte = 1024 * 1024

const listenSchema = z.string().refine((text) => parseListen(text) !== undefined, {
  error: 'must be host:port, IPv6 in brackets, like 127.0.0.1:9443 or [::1]:9443',
})

const tlsSchema = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('auto'),
    names: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Names and addresses the certificate shall carry besides localhost, the host name and the listen address.',
      ),
    clientCaFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Certificate authorities whose client certificates are accepted in place of a token.',
      ),
  }),
  z.strictObject({
    mode: z.literal('files'),
    certFile: z.string().min(1).describe('Certificate chain, PEM.'),
    keyFile: z.string().min(1).describe('Private key, PEM.'),
    clientCaFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Certificate authorities whose client certificates are accepted in place of a token.',
      ),
  }),
  z.strictObject({
    mode: z.literal('off'),
    allowPlainHttp: z
      .boolean()
      .default(false)
      .describe(
        'Plain HTTP on an address that others can reach, where the token travels readable.',
      ),
  }),
])

const clusterSchema = z.strictObject({
  name: clusterNameSchema.describe('Name of the cluster, last part of the path.'),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Bearer tokens, one a line, any of which is accepted (two while one is being replaced). Made on first start if absent. Without it `<dataDirectory>/tokens/<name>`, or no token at all when `clientCommonNames` are given.',
    ),
  clientCommonNames: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Common names of client certificates that may send for this cluster. Without it any verified one may.',
    ),
})

/** `webhook:` in the configuration file. Times in milliseconds, sizes in bytes. */
export const webhookConfigSchema = z
  .strictObject({
    listen: listenSchema
      .default('127.0.0.1:9443')
      .describe('Where API servers post; the path is /audit/<cluster>.'),
    tls: tlsSchema
      .default({ mode: 'auto', names: [] })
      .describe('auto makes an authority and a certificate on first start.'),
    clusters: z
      .array(clusterSchema)
      .min(1)
      .default([{ name: 'default' }])
      .describe('Who may send, and under which name.'),
    maxBodyBytes: z
      .int()
      .min(1024)
      .default(64 * mebibyte)
      .describe('Largest body, decompressed. An API server that truncates can send 40 MB.'),
    maxInFlightBytes: z
      .int()
      .min(2048)
      .default(160 * mebibyte)
      .describe('All bodies together that are being read or stored.'),
    maxConnections: z
      .int()
      .min(1)
      .default(2000)
      .describe(
        'Open connections at most, some 80 KiB each. Beyond them a newcomer takes the place of the one that has been open longest without a request of a known sender.',
      ),
    headersTimeoutMs: z.int().min(100).default(10_000).describe('For the headers of a request.'),
    requestTimeoutMs: z
      .int()
      .min(100)
      .default(60_000)
      .describe('From the headers to the last byte of the body.'),
    consumeTimeoutMs: z
      .int()
      .min(100)
      .max(29_000)
      .default(25_000)
      .describe('From the last byte to the answer. An API server gives up at 30 s.'),
    keepAliveTimeoutMs: z
      .int()
      .min(31_000)
      .default(90_000)
      .describe(
        'An API server sends every 30 s on a quiet cluster: connections have to outlive that.',
      ),
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
