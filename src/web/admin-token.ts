import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Component } from '../contracts.ts'
import { ensureTokenFile, readTokenFile } from '../util/token-file.ts'

/** Who may change something through the admin listener. */
export interface AdminToken extends Component {
  /** Reads the file again. Rejects with `config.secret`; the tokens in use stay. */
  reload(): Promise<void>
  /** True when the header `Authorization` carries one of the tokens. */
  admits(authorization: string | undefined): boolean
}

/** The tokens of a file, which is made at the start if absent. */
export function createAdminToken(path: string): AdminToken {
  const key = randomBytes(32).toString('hex')
  const digestOf = (token: string): Buffer => hash('sha256', key + token, 'buffer')
  let digests: readonly Buffer[] = []
  const reload = async (): Promise<void> => {
    digests = (await readTokenFile(path)).map(digestOf)
  }
  return {
    name: 'admin token',
    reload,
    start: async () => {
      ensureTokenFile(path)
      await reload()
    },
    stop: async () => undefined,
    admits: (authorization) => {
      const [, token] = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization ?? '') ?? []
      if (token === undefined) return false
      const digest = digestOf(token)
      // All are compared, so that the time tells nothing.
      return digests.filter((known) => timingSafeEqual(known, digest)).length > 0
    },
  }
}
