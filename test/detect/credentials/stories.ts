import type { CredentialStory } from '../../../src/contracts.ts'
import { createCredentials } from '../../../src/detect/credentials/credentials.ts'
import { type Request, requestOf } from './support.ts'

/** What is told of each request in turn. */
export function storiesOf(...requests: readonly Request[]): (CredentialStory | undefined)[] {
  const credentials = createCredentials()
  return requests.map((request) => credentials.observe(requestOf(request)))
}

export const first: CredentialStory = { place: ['first'] }
