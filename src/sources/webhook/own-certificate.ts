import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../contracts.ts'
import { KubewitnessError, messageOf } from '../../errors.ts'
import { errorCodeOf } from '../../util/error-code.ts'
import { makeFolder } from '../../util/make-folder.ts'

const dayMs = 86_400_000
const renewBeforeMs = 30 * dayMs
const serverDays = 365
const authorityDays = 3650
/** A sender's clock may be behind. */
const skewMs = 5 * 60_000

export interface OwnCertificateOptions {
  readonly dataDirectory: string
  /** Host names and addresses that the certificate has to carry. */
  readonly names: readonly string[]
  readonly clock: Clock
}

interface KeyPair {
  readonly cert: string
  readonly key: string
}

/** Where the authority's certificate lies: what a sender has to trust. */
export function authorityFile(dataDirectory: string): string {
  return join(dataDirectory, 'tls', 'ca.crt')
}

/**
 * A server certificate under an authority of our own, both kept in `<dataDirectory>/tls`. The server certificate is
 * made anew when less than 30 days are left or names are missing; the authority stays, so that senders keep trusting.
 * Rejects with `tls.invalid`.
 */
export async function ownCertificate(options: OwnCertificateOptions): Promise<KeyPair> {
  const { dataDirectory, names, clock } = options
  const folder = join(dataDirectory, 'tls')
  try {
    makeFolder(folder)
    const storedAuthority = await readPair(folder, 'ca')
    const authority =
      storedAuthority !== undefined && lasts(storedAuthority, clock)
        ? storedAuthority
        : await writePair(folder, 'ca', await makeAuthority(clock))
    const server = await readPair(folder, 'server')
    const isUsable =
      server !== undefined &&
      lasts(server, clock) &&
      hasBegun(server, clock) &&
      isIssuedBy(server, authority) &&
      names.every((name) => carries(server, name))
    return isUsable
      ? server
      : await writePair(folder, 'server', await makeServer(authority, names, clock))
  } catch (cause) {
    throw new KubewitnessError(
      'tls.invalid',
      `cannot make or read our own certificate in ${folder} (${messageOf(cause)})`,
      { cause, next: 'make the folder writable, or remove it to begin with new certificates' },
    )
  }
}

/** The addresses of this machine, for a listener on all of them. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address)
    .filter((address) => !address.startsWith('fe80'))
}

async function readPair(folder: string, name: string): Promise<KeyPair | undefined> {
  try {
    const cert = await readFile(join(folder, `${name}.crt`), 'utf8')
    return { cert, key: await readFile(join(folder, `${name}.key`), 'utf8') }
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The key first: a crash between the two leaves a pair that does not match, which is then made anew. */
async function writePair(folder: string, name: string, pair: KeyPair): Promise<KeyPair> {
  await replaceFile(join(folder, `${name}.key`), pair.key, 0o600)
  await replaceFile(join(folder, `${name}.crt`), pair.cert, 0o644)
  return pair
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(temporary, text, { mode, flag: 'wx' })
  await rename(temporary, path)
}

/** It is good for a while yet. Of an authority that is all: where the clock is behind, senders trust the one they have all the same. */
function lasts({ cert, key }: KeyPair, clock: Clock): boolean {
  const certificate = new X509Certificate(cert)
  const restMs = certificate.validToDate.getTime() - clock.nowMs()
  return restMs > renewBeforeMs && matches(certificate, key)
}

function hasBegun({ cert }: KeyPair, clock: Clock): boolean {
  return new X509Certificate(cert).validFromDate.getTime() <= clock.nowMs()
}

function matches(certificate: X509Certificate, key: string): boolean {
  return certificate.checkPrivateKey(createPrivateKey(key))
}

function isIssuedBy(pair: KeyPair, authority: KeyPair): boolean {
  return new X509Certificate(pair.cert).verify(new X509Certificate(authority.cert).publicKey)
}

function carries({ cert }: KeyPair, name: string): boolean {
  const certificate = new X509Certificate(cert)
  if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined
  // Not checkHost: a wildcard is carried, but is no host.
  return certificate.subjectAltName?.split(', ').includes(`DNS:${name}`) ?? false
}

async function makeAuthority(clock: Clock): Promise<KeyPair> {
  const { generate } = await import('selfsigned')
  const made = await generate(
    // Its own name each time: a sender that trusts two of them can tell them apart.
    [{ name: 'commonName', value: `Kubewitness authority ${randomBytes(4).toString('hex')}` }],
    {
      ...lifetime(clock, authorityDays),
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      ],
    },
  )
  return { cert: made.cert, key: made.private }
}

async function makeServer(
  authority: KeyPair,
  names: readonly string[],
  clock: Clock,
): Promise<KeyPair> {
  const { generate } = await import('selfsigned')
  const made = await generate([{ name: 'commonName', value: 'kubewitness' }], {
    ...lifetime(clock, serverDays),
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
  return { cert: made.cert, key: made.private }
}

function lifetime(clock: Clock, days: number): { notBeforeDate: Date; notAfterDate: Date } {
  return {
    notBeforeDate: new Date(clock.nowMs() - skewMs),
    notAfterDate: new Date(clock.nowMs() + days * dayMs),
  }
}
