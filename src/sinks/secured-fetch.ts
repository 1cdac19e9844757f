import { readTlsFiles, type TlsFiles, type TlsOptions } from '../util/tls-files.ts'
import type { SinkDependencies } from './common.ts'

/** A `fetch` that knows the files; without any it is the given one. */
export interface SecuredFetch {
  read(): Promise<typeof fetch>
  /** Closes its connections; the files are read again on next use. */
  forget(): void
}

export function createFetch(
  sinkName: string,
  tls: TlsOptions | undefined,
  { fetch: plain, listenIn = (secured) => secured }: Pick<SinkDependencies, 'fetch' | 'listenIn'>,
): SecuredFetch {
  if (tls === undefined || Object.values(tls).every((path) => path === undefined)) {
    return { read: async () => plain, forget: () => undefined }
  }
  let known: { readonly fetch: typeof fetch; readonly close: () => Promise<void> } | undefined
  return {
    read: async () => {
      if (known === undefined) {
        const { fetch, close } = await fetchWith(await readTlsFiles(`sink ${sinkName}`, tls))
        known = { fetch: listenIn(fetch), close }
      }
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
