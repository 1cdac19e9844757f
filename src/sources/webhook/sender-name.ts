import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Of names in certificates, which nobody else bounds. */
const maxNameLetters = 128

/**
 * What tells the API servers of a cluster apart: the address that the connection comes from, and before it the name in
 * the client certificate if there is one. Behind a proxy they share its addresses.
 */
export function senderName(socket: Socket): string {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
  const commonName = verifiedCommonName(socket)
  return commonName === undefined ? address : `${commonName.slice(0, maxNameLetters)}@${address}`
}

/** The name in the client certificate that the TLS layer has verified; empty when it has none. */
export function verifiedCommonName(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const name: unknown = socket.getPeerCertificate().subject?.CN
  return typeof name === 'string' ? name : ''
}
