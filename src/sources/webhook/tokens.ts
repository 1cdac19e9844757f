import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { ensureTokenFile, readTokenFile } from '../../util/token-file.ts'
import type { WebhookConfig } from './config.ts'

type ClusterConfig = WebhookConfig['clusters'][number]

/** The bearer tokens in use. Holds keyed hashes only, so that comparing takes the same time whatever was sent. */
export interface TokenStore {
  /** Reads all files, making those that are absent. Rejects with `config.secret`. */
  start(): Promise<void>
  /** Reads all files again and takes them all, or none: rejects with `config.secret`, naming the file. */
  reload(): Promise<void>
  /** True when the token belongs to that cluster. */
  isTokenOf(cluster: string, token: string): boolean
  /** True when the token belongs to any cluster. */
  isKnown(token: string): boolean
}

/** The file that holds a cluster's tokens; undefined when it sends with client certificates only. */
export function tokenFileOf(cluster: ClusterConfig, dataDirectory: string): string | undefined {
  if (cluster.tokenFile !== undefined) return cluster.tokenFile
  return cluster.clientCommonNames === undefined
    ? join(dataDirectory, 'tokens', cluster.name)
    : undefined
}

export function createTokenStore(config: WebhookConfig, dataDirectory: string): TokenStore {
  const key = randomBytes(32).toString('hex')
  const digestOf = (token: string): Buffer => hash('sha256', key + token, 'buffer')
  const files = config.clusters.flatMap((cluster) => {
    const path = tokenFileOf(cluster, dataDirectory)
    return path === undefined ? [] : [{ cluster: cluster.name, path }]
  })
  let digestsByCluster: ReadonlyMap<string, readonly Buffer[]> = new Map()
  let knownDigests: ReadonlySet<string> = new Set()

  async function reload(): Promise<void> {
    const next = new Map<string, readonly Buffer[]>()
    for (const { cluster, path } of files)
      next.set(cluster, (await readTokenFile(path)).map(digestOf))
    digestsByCluster = next
    knownDigests = new Set([...next.values()].flat().map((digest) => digest.toString('hex')))
  }

  return {
    reload,
    start: async () => {
      for (const { path } of files) ensureTokenFile(path)
      await reload()
    },
    isTokenOf: (cluster, token) => {
      const digest = digestOf(token)
      const digests = digestsByCluster.get(cluster) ?? []
      return digests.filter((known) => timingSafeEqual(known, digest)).length > 0
    },
    // A lookup by a hash under a secret key tells nothing about the token by its time.
    isKnown: (token) => knownDigests.has(digestOf(token).toString('hex')),
  }
}
