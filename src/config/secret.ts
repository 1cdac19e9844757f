import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { KubewitnessError, messageOf } from '../errors.ts'
import { type ReadSecret, Secret } from '../util/secret.ts'

/** Reads a secret from its file or environment variable. Rejects with `config.secret` when it is missing or empty. */
export const readSecret: ReadSecret = async (reference) => {
  if ('env' in reference)
    return checked(process.env[reference.env], `the environment variable ${reference.env}`)
  try {
    return checked(await readFile(reference.file, 'utf8'), reference.file)
  } catch (cause) {
    if (cause instanceof KubewitnessError) throw cause
    throw new KubewitnessError(
      'config.secret',
      `cannot read a secret from ${reference.file} (${messageOf(cause)})`,
      {
        cause,
        next: 'write the secret into that file, readable for this user alone',
      },
    )
  }
}

function checked(text: string | undefined, place: string): Secret {
  const secret = text?.replace(/\r?\n$/, '') ?? ''
  if (secret !== '') return new Secret(secret)
  throw new KubewitnessError('config.secret', `there is no secret in ${place}`, {
    next: 'put it there, or remove the option',
  })
}
