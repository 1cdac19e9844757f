import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * A folder as the kubelet mounts a ConfigMap or a Secret: names that lead through the link `..data` to a folder of one
 * version. `write` gives it another version, in the order of `pkg/volume/util/atomic_writer.go`.
 */
export function createMountedFolder(path: string): {
  write(files: Readonly<Record<string, string>>): void
} {
  let version = 0
  mkdirSync(path, { recursive: true })
  return {
    write: (files) => {
      version++
      const folder = `..2026_01_01_00_00_0${version}.0`
      for (const [name, text] of Object.entries(files)) {
        const file = join(path, folder, name)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, text)
      }
      const data = join(path, '..data')
      const before = version === 1 ? undefined : readlinkSync(data)
      symlinkSync(folder, join(path, '..data_tmp'))
      renameSync(join(path, '..data_tmp'), data)
      const shown = new Set(Object.keys(files).map((name) => name.split('/')[0] ?? name))
      for (const name of shown) {
        rmSync(join(path, name), { force: true })
        symlinkSync(join('..data', name), join(path, name))
      }
      if (before !== undefined) rmSync(join(path, before), { recursive: true })
    },
  }
}
