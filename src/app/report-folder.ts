import { readdir, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../util/make-folder.ts'

export interface KeptReport {
  readonly folder: string
  readonly cluster: string
  readonly atMs: number
  /** Documents of the cluster that stay, this one among them. */
  readonly keep: number
  readonly document: string
}

/** Writes a document whole or not at all, for this user alone, and takes away the oldest of its cluster. Returns its path. */
export async function keepReport(report: KeptReport): Promise<string> {
  const { folder, cluster, atMs, keep, document } = report
  makeFolder(folder)
  const prefix = `roles-${encodeURIComponent(cluster)}-`
  const stamp = new Date(atMs).toISOString().replaceAll(':', '').slice(0, 15)
  const path = join(folder, `${prefix}${stamp}Z.html`)
  const temporary = `${path}.tmp`
  await writeFile(temporary, document, { mode: 0o600 })
  await rename(temporary, path)
  const kept = (await readdir(folder)).filter((name) => isOf(prefix, name)).sort()
  for (const name of kept.slice(0, -keep)) await unlink(join(folder, name))
  return path
}

/** The stamp tells apart clusters of which one's name begins with the other's. */
function isOf(prefix: string, name: string): boolean {
  return name.startsWith(prefix) && /^\d{4}-\d\d-\d\dT\d{4}Z\.html$/.test(name.slice(prefix.length))
}
