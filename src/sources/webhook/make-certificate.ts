import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { generate } from 'selfsigned'

export interface KeyPair {
  readonly cert: string
  readonly key: string
}

export type CertificateOrder =
  | { readonly kind: 'authority'; readonly nowMs: number }
  | {
      readonly kind: 'server'
      readonly nowMs: number
      readonly authority: KeyPair
      /** Host names and addresses that it has to carry. */
      readonly names: readonly string[]
    }

const dayMs = 86_400_000
const serverDays = 365
const authorityDays = 3650
/** A sender's clock may be behind. */
const skewMs = 5 * 60_000

/** An authority of our own, or a server certificate under one. */
export async function makeCertificate(order: CertificateOrder): Promise<KeyPair> {
  const made = await (order.kind === 'authority' ? makeAuthority(order) : makeServer(order))
  return { cert: made.cert, key: made.private }
}

function makeAuthority({ nowMs }: { readonly nowMs: number }): ReturnType<typeof generate> {
  return generate(
    // Its own name each time: a sender that trusts two of them can tell them apart.
    [{ name: 'commonName', value: `Kubewitness authority ${randomBytes(4).toString('hex')}` }],
    {
      ...lifetime(nowMs, authorityDays),
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      ],
    },
  )
}

function makeServer({
  nowMs,
  authority,
  names,
}: Extract<CertificateOrder, { kind: 'server' }>): ReturnType<typeof generate> {
  return generate([{ name: 'commonName', value: 'kubewitness' }], {
    ...lifetime(nowMs, serverDays),
    keyType: 'ec',
    algorithm: 'sha256',
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...new Set(names)].map((name) =>
          isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name },
        ),
      },
    ],
  })
}

function lifetime(nowMs: number, days: number): { notBeforeDate: Date; notAfterDate: Date } {
  return { notBeforeDate: new Date(nowMs - skewMs), notAfterDate: new Date(nowMs + days * dayMs) }
}
