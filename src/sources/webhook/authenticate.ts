import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { WebhookConfig } from './config.ts'
import { verifiedCommonName } from './sender-name.ts'
import type { TokenStore } from './tokens.ts'

/**
 * - `sender`: may send for the cluster
 * - `unknownCluster`: a known sender, who may be told that there is no such cluster
 * - `stranger`: gets the same answer for every path, and so learns no names
 */
export type Authentication = 'sender' | 'unknownCluster' | 'stranger'

export interface Credentials {
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly socket: Socket
}

export type Authenticate = (cluster: string, credentials: Credentials) => Authentication

/** By bearer token, or by a client certificate that the TLS layer has verified. */
export function createAuthenticate(config: WebhookConfig, tokens: TokenStore): Authenticate {
  const clustersByName = new Map(config.clusters.map((cluster) => [cluster.name, cluster]))
  const isAllowed = (name: string, commonName: string): boolean =>
    clustersByName.get(name)?.clientCommonNames?.includes(commonName) ?? clustersByName.has(name)
  const knowsCertificates = config.tls.mode !== 'off' && config.tls.clientCaFile !== undefined

  return (cluster, credentials) => {
    const token = bearerToken(credentials)
    const commonName = knowsCertificates ? verifiedCommonName(credentials.socket) : undefined
    if (!clustersByName.has(cluster)) {
      const isKnown =
        (token !== undefined && tokens.isKnown(token)) ||
        (commonName !== undefined &&
          config.clusters.some(({ name }) => isAllowed(name, commonName)))
      return isKnown ? 'unknownCluster' : 'stranger'
    }
    if (token !== undefined && tokens.isTokenOf(cluster, token)) return 'sender'
    return commonName !== undefined && isAllowed(cluster, commonName) ? 'sender' : 'stranger'
  }
}

/** Undefined without the header, for another scheme, and when it is there twice: whose would count? */
function bearerToken({ headers, rawHeaders }: Credentials): string | undefined {
  const value = headers.authorization
  if (value === undefined) return undefined
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() === 'authorization') count++
  }
  if (count > 1) return undefined
  return /^bearer +([\x21-\x7e]+) *$/i.exec(value)?.[1]
}
