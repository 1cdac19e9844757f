import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KubewitnessError, messageOf } from '../errors.ts'
import { makeFileOnce } from '../util/make-file.ts'

const keyBytes = 32

/**
 * The key that marks redacted values. Without a file of the configuration it is made on first start, mode 0600, and kept, so that
 * equal values stay recognisable as equal across restarts. Throws `log.permission` when the folder cannot be written, and
 * `config.secret` for a file without a key.
 */
export function openRedactionKey({
  dataDirectory,
  redactionKeyFile,
}: {
  readonly dataDirectory: string
  readonly redactionKeyFile?: string | undefined
}): Uint8Array {
  if (redactionKeyFile !== undefined)
    return readKey(redactionKeyFile, `make it with: openssl rand -hex ${keyBytes}`)
  const path = join(dataDirectory, 'redaction.key')
  try {
    makeFileOnce(path, randomBytes(keyBytes).toString('hex'))
  } catch (cause) {
    const message = `cannot use the data directory ${dataDirectory} (${messageOf(cause)})`
    throw new KubewitnessError('log.permission', message, {
      cause,
      next: 'make it writable for this user, or set dataDirectory to another folder',
    })
  }
  return readKey(
    path,
    'delete it to have a new one made; values redacted before will no longer be recognised as equal',
  )
}

function readKey(path: string, next: string): Uint8Array {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const message = `cannot read the key of redaction markers from ${path} (${messageOf(cause)})`
    throw new KubewitnessError('config.secret', message, { cause, next })
  }
  const key = Buffer.from(text.trim(), 'hex')
  if (key.length === keyBytes) return key
  const message = `${path} is not a key of ${keyBytes} bytes in hexadecimal`
  throw new KubewitnessError('config.secret', message, { next })
}
