import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The paths of all files below a folder. Links are followed; what Kubernetes keeps behind those of a mounted ConfigMap or
 * Secret is found by its names alone.
 */
export function filesOfFolder(folder: string, above: readonly string[] = []): readonly string[] {
  const { dev, ino } = statSync(folder)
  const identity = `${dev}:${ino}`
  if (above.includes(identity)) return []
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined || isVersionFolder(name)) return []
    return found.isDirectory() ? filesOfFolder(path, [...above, identity]) : [path]
  })
}

/** `..data`, and the folder of each version that it leads to (kubelet, `pkg/volume/util/atomic_writer.go`). */
export function isVersionFolder(name: string): boolean {
  return name.startsWith('..')
}
