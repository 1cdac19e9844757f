import { existsSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { type LoadedRbac, loadRbac, type ManifestFile } from '../rbac/load.ts'
import { type OpenInputOptions, openInput } from '../sources/file/open-input.ts'
import { filesBelow } from './rule-files.ts'

/**
 * The RBAC objects of files, of the `.yaml`, `.yml` and `.json` files of folders, and of standard input (`-`). Throws
 * `input.unreadable`; what is wrong in what was read is among the problems.
 */
export async function readRbacFiles(
  paths: readonly string[],
  options: OpenInputOptions = {},
): Promise<LoadedRbac> {
  const files: ManifestFile[] = []
  for (const path of paths.flatMap(manifestFiles)) {
    const bytes = await buffer(openInput(path, options))
    files.push({ path: path === '-' ? 'standard input' : path, text: bytes.toString('utf8') })
  }
  return loadRbac(files)
}

function manifestFiles(path: string): readonly string[] {
  return path === '-' || !existsSync(path)
    ? [path]
    : filesBelow(path, (name) => /\.(?:ya?ml|json)$/.test(name))
}
