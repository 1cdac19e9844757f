import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCodeOf } from './error-code.ts'

/**
 * Makes a folder and those above it, for this user alone; one that is there stays as it is. Throws what the system says.
 * Not `mkdirSync` with `recursive`, which never returns where a folder that exists cannot hold another, as in `/proc`.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const code = errorCodeOf(error)
    if (code === 'EEXIST' && statSync(path).isDirectory()) return
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path || isThere(parent)) throw error
    makeFolder(parent)
    makeFolder(path)
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
