import { z } from 'zod'
import { KubewitnessError } from '../errors.ts'
import { parseHttpUrl } from '../util/http-url.ts'
import type { ReadSecret } from '../util/secret.ts'
import { countSet } from './common.ts'
import { type Credential, createCredential } from './credential.ts'

/** Options of a sink that posts to one address. To be refined with `hasOneAddress`. */
export const addressShape = {
  url: z.string().min(1).optional().describe('Where to post; one of url, urlFile, urlEnv.'),
  urlFile: z.string().min(1).optional().describe('File that holds the address.'),
  urlEnv: z.string().min(1).optional().describe('Environment variable that holds it.'),
}

interface AddressOptions {
  readonly url?: string | undefined
  readonly urlFile?: string | undefined
  readonly urlEnv?: string | undefined
}

export function hasOneAddress({ url, urlFile, urlEnv }: AddressOptions): boolean {
  return countSet(url, urlFile, urlEnv) === 1
}

export const oneAddress = { error: 'exactly one of url, urlFile, urlEnv', path: ['url'] }

/** An address that may be a secret: errors about it never quote it. */
export interface HttpAddress extends Pick<Credential, 'forget'> {
  /** Rejects with `config.invalid` when there is no usable URL. */
  read(): Promise<string>
}

export function createHttpAddress(
  sinkName: string,
  options: AddressOptions,
  readSecret: ReadSecret,
): HttpAddress {
  const hidden = createCredential(options.urlFile, options.urlEnv, readSecret)
  return {
    // The schema has made sure that one of the three is set.
    read: async () =>
      checkedUrl(sinkName, hidden === undefined ? options.url! : (await hidden.read()).reveal()),
    forget: () => hidden?.forget(),
  }
}

function checkedUrl(sinkName: string, text: string): string {
  const url = parseHttpUrl(text)
  if (url !== undefined) return url.href
  throw new KubewitnessError(
    'config.invalid',
    `reading the address of sink ${sinkName}: not a usable URL`,
    { next: 'give an http or https URL without user name and password' },
  )
}
