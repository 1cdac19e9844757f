import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../contracts.ts'
import { KubewitnessError, messageOf } from '../../errors.ts'
import { errorCodeOf } from '../../util/error-code.ts'
import { type FileLock, tryLock } from '../../util/lock-file.ts'
import { makeFolder } from '../../util/make-folder.ts'
import { workerUrl } from '../../util/worker-url.ts'
import type { CertificateOrder, KeyPair } from './make-certificate.ts'

const dayMs = 86_400_000
const renewBeforeMs = 30 * dayMs

export interface OwnCertificateOptions {
  readonly dataDirectory: string
  /** Host names and addresses that the certificate has to carry. */
  readonly names: readonly string[]
  readonly clock: Clock
}

/** Where the authority's certificate lies: what a sender has to trust. */
export function authorityFile(dataDirectory: string): string {
  return join(dataDirectory, 'tls', 'ca.crt')
}

/**
 * A server certificate under an authority of our own, both kept in `<dataDirectory>/tls`. The server certificate is
 * made anew when less than 30 days are left or names are missing; the authority stays, so that senders keep trusting.
 * Processes that share the directory make them one after the other, and use what is there.
 * Rejects with `tls.invalid`.
 */
export async function ownCertificate(options: OwnCertificateOptions): Promise<KeyPair> {
  const folder = join(options.dataDirectory, 'tls')
  try {
    makeFolder(folder)
    const lock = await lockOf(folder, options.clock)
    try {
      return await readOrMake(folder, options)
    } finally {
      lock.close()
    }
  } catch (cause) {
    throw new KubewitnessError(
      'tls.invalid',
      `cannot make or read our own certificate in ${folder} (${messageOf(cause)})`,
      { cause, next: 'make the folder writable, or remove it to begin with new certificates' },
    )
  }
}

const lockEveryMs = 50
const lockWithinMs = 30_000

/** Another process that shares the folder may be making what this one then uses. */
async function lockOf(folder: string, clock: Clock): Promise<FileLock> {
  for (let waitedMs = 0; waitedMs < lockWithinMs; waitedMs += lockEveryMs) {
    const lock = tryLock(join(folder, 'lock'))
    if (lock !== undefined) return lock
    await clock.sleep(lockEveryMs, new AbortController().signal)
  }
  throw new Error('another process has been at it for 30 s')
}

async function readOrMake(
  folder: string,
  { names, clock }: OwnCertificateOptions,
): Promise<KeyPair> {
  const storedAuthority = await readPair(folder, 'ca')
  const authority =
    storedAuthority !== undefined && lasts(storedAuthority, clock)
      ? storedAuthority
      : await writePair(folder, 'ca', await made({ kind: 'authority', nowMs: clock.nowMs() }))
  const server = await readPair(folder, 'server')
  const isUsable =
    server !== undefined &&
    lasts(server, clock) &&
    hasBegun(server, clock) &&
    isIssuedBy(server, authority) &&
    names.every((name) => carries(server, name))
  return isUsable
    ? server
    : await writePair(
        folder,
        'server',
        await made({ kind: 'server', authority, names, nowMs: clock.nowMs() }),
      )
}

/** The addresses of this machine, for a listener on all of them. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address)
    .filter((address) => !address.startsWith('fe80'))
}

/** In a thread that ends with it: what makes certificates takes some 24 MB, of a process that needs it once a year. */
function made(order: CertificateOrder): Promise<KeyPair> {
  const thread = new Worker(workerUrl(import.meta.url, './certificate-worker'), {
    workerData: order,
  })
  return new Promise((resolve, reject) => {
    // It sends nothing else.
    thread.once('message', (pair: KeyPair) => resolve(pair))
    thread.once('error', reject)
    thread.once('exit', (code) => reject(new Error(`the thread for it ended with code ${code}`)))
  })
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
