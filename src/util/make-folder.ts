import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCodeOf } from './error-code.ts'

/**
 * Makes a folder and those above it, for this user alone; one that is there stays as it is. Throws what the system says.
 * Others may make some of them at the same time.
 * Not `mkdirSync` with `recursive`, which never returns where a folder that exists cannot hold another, as in `/proc`.
 */
export function makeFolder(path: string): void {
  if (isMade(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  // The one above is there now: what is said is about this one.
  if (!isMade(path)) mkdirSync(path, { mode: 0o700 })
}

/** Whether it is there, made just now or before; false where the folder above is missing. */
function isMade(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    const code = errorCodeOf(error)
    if (code === 'EEXIST' && statSync(path).isDirectory()) return true
    if (code === 'ENOENT') return false
    throw error
  }
}
