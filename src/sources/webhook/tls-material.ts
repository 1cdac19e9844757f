import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Clock } from '../../contracts.ts'
import { KubewitnessError, messageOf } from '../../errors.ts'
import type { WebhookConfig } from './config.ts'
import { type OwnCertificateOptions, ownCertificate } from './own-certificate.ts'

/** What the listener needs, as PEM text. */
export interface TlsMaterial {
  readonly cert: string
  readonly key: string
  readonly clientCa: string | undefined
}

export interface TlsMaterialOptions extends OwnCertificateOptions {
  readonly tls: Exclude<WebhookConfig['tls'], { mode: 'off' }>
}

/** Reads certificate, key and client CAs, making our own ones where mode is auto. Rejects with `tls.invalid`. */
export async function loadTlsMaterial(options: TlsMaterialOptions): Promise<TlsMaterial> {
  const { tls, clock } = options
  const clientCa =
    tls.clientCaFile === undefined ? undefined : await readCertificate(tls.clientCaFile)
  if (tls.mode === 'auto') return { ...(await ownCertificate(options)), clientCa }
  const cert = await readCertificate(tls.certFile)
  checkDates(cert, tls.certFile, clock)
  const key = await readPem(tls.keyFile)
  if (!new X509Certificate(cert).checkPrivateKey(privateKey(key, tls.keyFile)))
    throw invalid(`the key ${tls.keyFile} does not belong to the certificate ${tls.certFile}`)
  return { cert, key, clientCa }
}

async function readCertificate(path: string): Promise<string> {
  const pem = await readPem(path)
  try {
    new X509Certificate(pem)
  } catch (cause) {
    throw invalid(`${path} holds no certificate in PEM form (${messageOf(cause)})`, cause)
  }
  return pem
}

async function readPem(path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw invalid(`cannot read ${path} (${messageOf(cause)})`, cause)
  }
  if (!text.includes('-----BEGIN ')) throw invalid(`${path} is not PEM`)
  return text
}

function checkDates(pem: string, path: string, clock: Clock): void {
  const { validFromDate, validToDate } = new X509Certificate(pem)
  if (validToDate.getTime() <= clock.nowMs())
    throw invalid(`the certificate ${path} expired at ${validToDate.toISOString()}`)
  if (validFromDate.getTime() > clock.nowMs())
    throw invalid(`the certificate ${path} is not valid before ${validFromDate.toISOString()}`)
}

function privateKey(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    // The cause's message names the format's problem, never the key.
    throw invalid(`${path} holds no private key that can be used without a passphrase`, cause)
  }
}

function invalid(message: string, cause?: unknown): KubewitnessError {
  return new KubewitnessError('tls.invalid', message, {
    cause,
    next: 'correct the files named under webhook.tls, or use mode: auto',
  })
}
