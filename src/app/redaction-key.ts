import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KubewitnessError, messageOf } from '../errors.ts'
import { makeFolder } from '../util/make-folder.ts'

const keyBytes = 32

/**
 * The key that marks redacted values: made on first start, mode 0600, kept so that equal values stay recognisable
 * as equal across restarts. Throws `log.permission` when the folder cannot be written.
 */
export function openRedactionKey(dataDirectory: string): Uint8Array {
  const path = join(dataDirectory, 'redaction.key')
  try {
    makeFolder(dataDirectory)
    try {
      writeFileSync(path, randomBytes(keyBytes).toString('hex'), { mode: 0o600, flag: 'wx' })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'hex')
    if (key.length === keyBytes) return key
  } catch (cause) {
    throw new KubewitnessError(
      'log.permission',
      `cannot use the data directory ${dataDirectory} (${messageOf(cause)})`,
      {
        cause,
        next: 'make it writable for this user, or set dataDirectory to another folder',
      },
    )
  }
  throw new KubewitnessError(
    'config.secret',
    `${path} is not a key of ${keyBytes} bytes in hexadecimal`,
    {
      next: 'delete it to have a new one made; values redacted before will no longer be recognised as equal',
    },
  )
}
