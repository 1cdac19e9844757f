import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { KubewitnessError, messageOf } from '../errors.ts'
import { makeFileOnce } from './make-file.ts'

/** Makes the file with one random token, readable for this user alone, if it is absent. Throws `config.secret`. */
export function ensureTokenFile(path: string): void {
  try {
    makeFileOnce(path, `${randomBytes(32).toString('base64url')}\n`)
  } catch (cause) {
    throw tokenError(`cannot make the token file ${path} (${messageOf(cause)})`, cause)
  }
}

/** The tokens of a file, one a line. Rejects with `config.secret`, naming the file. */
export async function readTokenFile(path: string): Promise<string[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw tokenError(`cannot read the token file ${path} (${messageOf(cause)})`, cause)
  }
  const tokens = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (tokens.length === 0) throw tokenError(`the token file ${path} is empty`)
  // What a header cannot carry could never be sent.
  if (tokens.some((token) => !/^[\x21-\x7e]+$/.test(token)))
    throw tokenError(`the token file ${path} holds something that is no token`)
  return tokens
}

function tokenError(message: string, cause?: unknown): KubewitnessError {
  return new KubewitnessError('config.secret', message, {
    cause,
    next: 'put one token of printable characters without spaces on a line, readable by this process only',
  })
}
