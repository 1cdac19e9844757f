import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createFileWatch } from '../../src/app/file-watch.ts'
import { readRuleFiles } from '../../src/app/rule-files.ts'
import { createMountedFolder } from '../support/atomic-writer.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

/** A started watch; `look` lets it look once, and gives how often it has called back so far. */
async function watching(paths: readonly string[]) {
  const clock = createFakeClock()
  let calls = 0
  const watch = createFileWatch({ paths, clock, onChange: () => calls++ })
  const asleep = async (): Promise<void> => {
    while (clock.sleepers === 0) await turn()
  }
  await watch.start()
  await asleep()
  return {
    look: async (): Promise<number> => {
      await clock.advance(1000)
      await asleep()
      return calls
    },
    [Symbol.asyncDispose]: () => watch.stop(AbortSignal.timeout(1000)),
  }
}

describe('a watch of files', () => {
  it('calls back once for a file that was changed, replaced, added or taken away', async () => {
    await using folder = await createTemporaryFolder('watch')
    const file = join(folder.path, 'a.yml')
    writeFileSync(file, 'one')
    await using watch = await watching([folder.path])
    expect(await watch.look()).toBe(0)
    const changes = [
      () => writeFileSync(file, 'more'),
      () => {
        writeFileSync(`${file}.new`, 'more')
        renameSync(`${file}.new`, file)
      },
      () => {
        mkdirSync(join(folder.path, 'b'))
        writeFileSync(join(folder.path, 'b', 'c.yml'), 'deep')
      },
      () => rmSync(join(folder.path, 'b'), { recursive: true }),
    ]
    for (const [done, change] of changes.entries()) {
      change()
      expect(await watch.look()).toBe(done)
      expect(await watch.look()).toBe(done + 1)
      expect(await watch.look()).toBe(done + 1)
    }
  })

  it('waits until nothing changes any more', async () => {
    await using folder = await createTemporaryFolder('watch')
    const file = join(folder.path, 'a.yml')
    await using watch = await watching([file])
    writeFileSync(file, '1')
    expect(await watch.look()).toBe(0)
    writeFileSync(file, '22')
    expect(await watch.look()).toBe(0)
    expect(await watch.look()).toBe(1)
  })

  it.each([
    ['the folder', ''],
    ['one file of it', 'prod'],
  ])('sees every new version of a mounted Secret, whether %s is watched', async (_, name) => {
    await using folder = await createTemporaryFolder('watch')
    const path = join(folder.path, 'mount')
    const mount = createMountedFolder(path)
    mount.write({ prod: 'token-1' })
    await using watch = await watching([join(path, name)])
    for (const version of [2, 3, 4]) {
      mount.write({ prod: `token-${version}` })
      await watch.look()
      expect(await watch.look()).toBe(version - 1)
    }
  })

  it('ends where a link leads back', async () => {
    await using folder = await createTemporaryFolder('watch')
    symlinkSync('.', join(folder.path, 'again'))
    await using watch = await watching([folder.path])
    writeFileSync(join(folder.path, 'a.yml'), '')
    utimesSync(join(folder.path, 'a.yml'), 1, 1)
    await watch.look()
    expect(await watch.look()).toBe(1)
    expect(readRuleFiles({ builtin: false, paths: [folder.path] })).toHaveLength(1)
  })
})

describe('rules of a mounted ConfigMap', () => {
  it('are read once each, by the names that they are mounted under', async () => {
    await using folder = await createTemporaryFolder('watch')
    const path = join(folder.path, 'rules')
    createMountedFolder(path).write({ 'a.yml': 'a', 'deep/b.yml': 'b' })
    expect(readRuleFiles({ builtin: false, paths: [path] })).toEqual([
      { path: join(path, 'a.yml'), text: 'a' },
      { path: join(path, 'deep', 'b.yml'), text: 'b' },
    ])
  })
})
