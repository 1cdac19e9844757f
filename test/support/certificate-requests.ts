import { webcrypto } from 'node:crypto'
import {
  type JsonGeneralNames,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509'

/** A real request for a certificate (PKCS#10), signed with a new key, as PEM. */
export async function makeCertificateRequest(
  subject: string,
  alternativeNames: JsonGeneralNames = [],
  algorithm: webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams | { name: 'Ed25519' } = {
    name: 'ECDSA',
    namedCurve: 'P-256',
  },
): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const request = await Pkcs10CertificateRequestGenerator.create(
    {
      name: subject,
      keys: keys as webcrypto.CryptoKeyPair,
      signingAlgorithm: { ...algorithm, hash: 'SHA-256' },
      extensions:
        alternativeNames.length === 0
          ? []
          : [new SubjectAlternativeNameExtension(alternativeNames)],
    },
    webcrypto as Crypto,
  )
  return request.toString('pem')
}

/** As it stands in `spec.request`. */
export function inSpec(pem: string): string {
  return Buffer.from(pem, 'latin1').toString('base64')
}

/** PEM around any bytes. */
export function pemOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64')
  return `-----BEGIN CERTIFICATE REQUEST-----\n${text}\n-----END CERTIFICATE REQUEST-----\n`
}
