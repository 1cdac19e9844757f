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

/** Rejects with `tls.invalid`, naming the file. */
export async function readTlsFiles(
  sinkName: string,
  { caFile, certFile, keyFile }: TlsOptions,
): Promise<TlsFiles> {
  const read = (path: string) => readPem(sinkName, path)
  return {
    ...(caFile === undefined ? {} : { ca: await read(caFile) }),
    ...(certFile === undefined ? {} : { cert: await read(certFile) }),
    ...(keyFile === undefined ? {} : { key: await read(keyFile) }),
  }
}

async function readPem(sinkName: string, path: string): Promise<string> {
  const next = 'put a PEM file there that this user may read'
  const action = `reading ${path} for sink ${sinkName}`
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new KubewitnessError('tls.invalid', `${action}: ${messageOf(cause)}`, { cause, next })
  })
  if (text.includes('-----BEGIN ')) return text
  throw new KubewitnessError('tls.invalid', `${action}: not a PEM file`, { next })
}

/** A `fetch` that knows the files; without any it is the given one. */
export interface SecuredFetch {
  read(): Promise<typeof fetch>
  /** Closes its connections; the files are read again on next use. */
  forget(): void
}

export function createFetch(
  sinkName: string,
  tls: TlsOptions | undefined,
  plain: typeof fetch,
): SecuredFetch {
  if (tls === undefined || Object.values(tls).every((path) => path === undefined)) {
    return { read: async () => plain, forget: () => undefined }
  }
  let known: { readonly fetch: typeof fetch; readonly close: () => Promise<void> } | undefined
  return {
    read: async () => {
      known ??= await fetchWith(await readTlsFiles(sinkName, tls))
      return known.fetch
    },
    forget: () => {
      const closing = known
      known = undefined
      closing?.close().catch(() => undefined)
    },
  }
}

async function fetchWith(files: TlsFiles) {
  const { Agent, fetch } = await import('undici')
  const agent = new Agent({ connect: files })
  // The library's types of the same standard differ in names only.
  const secured = ((input, init) =>
    fetch(
      input as Parameters<typeof fetch>[0],
      {
        ...init,
        dispatcher: agent,
      } as Parameters<typeof fetch>[1],
    )) as typeof globalThis.fetch
  return { fetch: secured, close: () => agent.close() }
}
