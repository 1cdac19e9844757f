import { isIP } from 'node:net'
import { generate } from 'selfsigned'

export interface KeyPair {
  readonly cert: string
  readonly key: string
}

const common = {
  notAfterDate: new Date(Date.now() + 86_400_000),
  keyType: 'ec',
  algorithm: 'sha256',
} as const

/** An authority of this name. Two of the same name are not the same. */
export async function makeAuthority(name: string): Promise<KeyPair> {
  const made = await generate([{ name: 'commonName', value: name }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  })
  return { cert: made.cert, key: made.private }
}

/** A certificate for these hosts, and that of the authority behind it. */
export async function makeChain(
  ca: KeyPair,
  hosts: readonly string[],
  shown: KeyPair = ca,
): Promise<KeyPair> {
  const made = await generate([{ name: 'commonName', value: 'node-1' }], {
    ...common,
    ca,
    extensions: [
      { name: 'basicConstraints', cA: false },
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) =>
          isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host },
        ),
      },
    ],
  })
  return { cert: `${made.cert.trim()}\n${shown.cert.trim()}\n`, key: made.private }
}
