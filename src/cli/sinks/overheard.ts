import { readSecret } from '../../config/secret.ts'
import type { ReadSecret } from '../../util/secret.ts'
import { clean } from '../table-text.ts'

/** One answer over HTTP. */
export interface OverheardAnswer {
  readonly status: number
  /** The start of the body, without the secrets of the configuration. */
  readonly body: string
}

/** `fetch` and secrets for a sink, listened to, so that a person can be told what the other side has said. */
export interface Overheard {
  readonly fetch: typeof fetch
  readonly listenIn: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch
  readonly readSecret: ReadSecret
  /** So far, in order. */
  answers(): Promise<readonly OverheardAnswer[]>
  /** The text without the secrets that were read. */
  withoutSecrets(text: string): string
}

const maxBodyBytes = 2_000

export function overhear(fetch: typeof globalThis.fetch): Overheard {
  const answers: Promise<{ readonly status: number; readonly text: string }>[] = []
  const secrets = new Set<string>()
  const withoutSecrets = (text: string): string =>
    [...secrets].reduce((rest, secret) => rest.replaceAll(secret, '<redacted>'), text)
  const listenIn: Overheard['listenIn'] = (listenedTo) => async (input, init) => {
    const response = await listenedTo(input, init)
    const { status } = response
    answers.push(readStart(response.clone()).then((text) => ({ status, text })))
    return response
  }
  return {
    fetch: listenIn(fetch),
    listenIn,
    readSecret: async (reference) => {
      const secret = await readSecret(reference)
      secrets.add(secret.reveal())
      return secret
    },
    withoutSecrets,
    answers: async () =>
      (await Promise.all(answers)).map(({ status, text }) => ({
        status,
        body: clean(withoutSecrets(text)),
      })),
  }
}

/** What comes before an end, a failure or the limit. */
async function readStart({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk)
      bytes += chunk.byteLength
      if (bytes >= maxBodyBytes) break
    }
  } catch {
    // The sink is told of it, too, and says so.
  }
  return Buffer.concat(chunks).subarray(0, maxBodyBytes).toString('utf8')
}
