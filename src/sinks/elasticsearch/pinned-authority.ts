import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { KubewitnessError } from '../../errors.ts'

/**
 * The certificate with this SHA-256 fingerprint, as PEM, out of the chain that the first node shows that answers. To be trusted as
 * an authority, and nothing else: a chain is no proof by itself, since whoever is in between can show a certificate that is
 * public. Nothing is sent. Rejects with `sink.unavailable`, or with the fault of the connection when no node answers.
 */
export async function pinnedAuthority(
  nodes: readonly string[],
  fingerprint: string,
  signal: AbortSignal,
): Promise<string> {
  const wanted = plain(fingerprint)
  let fault: unknown
  let seen: readonly DetailedPeerCertificate[] | undefined
  for (const node of nodes) {
    try {
      seen = await chainOf(new URL(node), signal)
    } catch (error) {
      fault = error
      continue
    }
    const found = seen.find(({ fingerprint256 }) => plain(fingerprint256) === wanted)
    if (found !== undefined) return pem(found)
  }
  if (seen === undefined) throw fault
  throw new KubewitnessError(
    'sink.unavailable',
    `the server shows no certificate with the fingerprint of tls.caFingerprint, but ${seen.map(({ fingerprint256 }) => fingerprint256).join(', ')}`,
    {
      next: 'compare with what Elasticsearch printed at its first start; where the server sends its own certificate alone, set tls.caFile instead',
    },
  )
}

async function chainOf(
  { hostname, port }: URL,
  signal: AbortSignal,
): Promise<readonly DetailedPeerCertificate[]> {
  const host = hostname.replace(/^\[|\]$/g, '')
  const socket = connect({
    host,
    port: Number(port || 443),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // Looked at, not trusted.
    rejectUnauthorized: false,
  })
  try {
    await once(socket, 'secureConnect', { signal })
    return chain(socket)
  } finally {
    socket.destroy()
  }
}

/** The certificate of the server first. */
function chain(socket: TLSSocket): readonly DetailedPeerCertificate[] {
  const certificates: DetailedPeerCertificate[] = []
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  // A self-signed one is its own issuer; one whose issuer was not sent has none.
  while (next?.raw !== undefined && next !== certificates.at(-1)) {
    certificates.push(next)
    next = next.issuerCertificate
  }
  return certificates
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}

function pem({ raw }: DetailedPeerCertificate): string {
  const lines = raw.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
