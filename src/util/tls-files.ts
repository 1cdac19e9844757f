import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { KubewitnessError, messageOf } from '../errors.ts'

/** Options of a connection that is secured by TLS. */
export const tlsSchema = z
  .strictObject({
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file of the authority that signed the certificate of the server.'),
    certFile: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file of our own certificate, where the server asks for one.'),
    keyFile: z.string().min(1).optional().describe('PEM file of its key.'),
  })
  .refine((tls) => (tls.certFile === undefined) === (tls.keyFile === undefined), {
    message: 'certFile and keyFile go together',
    path: ['certFile'],
  })

export type TlsOptions = z.output<typeof tlsSchema>

/** The contents of the files, for `node:tls`. */
export interface TlsFiles {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** `owner` is whose connection it is: `sink search`. Rejects with `tls.invalid`, naming the file. */
export async function readTlsFiles(
  owner: string,
  { caFile, certFile, keyFile }: TlsOptions,
): Promise<TlsFiles> {
  const read = (path: string) => readPem(owner, path)
  return {
    ...(caFile === undefined ? {} : { ca: await read(caFile) }),
    ...(certFile === undefined ? {} : { cert: await read(certFile) }),
    ...(keyFile === undefined ? {} : { key: await read(keyFile) }),
  }
}

async function readPem(owner: string, path: string): Promise<string> {
  const next = 'put a PEM file there that this user may read'
  const action = `reading ${path} for ${owner}`
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new KubewitnessError('tls.invalid', `${action}: ${messageOf(cause)}`, { cause, next })
  })
  if (text.includes('-----BEGIN ')) return text
  throw new KubewitnessError('tls.invalid', `${action}: not a PEM file`, { next })
}

const faultCode = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|_ALERT_|WRONG_VERSION_NUMBER/

/** Whether Node.js and OpenSSL give this code to a certificate that is not accepted, theirs or ours: trying again does not help. */
export function isTlsFault(code: string): boolean {
  return faultCode.test(code)
}
