import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCodeOf } from './error-code.ts'
import { makeFolder } from './make-folder.ts'

/**
 * Makes a file with this text, and its folder, for this user alone, where there is none yet. Of several processes that do so
 * at once one wins, and the others find its file, whole: it gets its name when all of it is on the disk. Throws what the
 * system says.
 */
export function makeFileOnce(path: string, text: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  const unnamed = `${path}.${randomBytes(4).toString('hex')}`
  try {
    writeFileSync(unnamed, text, { mode: 0o600, flag: 'wx', flush: true })
    linkSync(unnamed, path)
  } catch (error) {
    if (errorCodeOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(unnamed, { force: true })
  }
}
