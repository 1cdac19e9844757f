import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { findServer, type ServerKind, startOwnServer } from '../support/servers.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const refuse = async (): Promise<never> => {
  throw new Error('not to be had')
}

/** A kind of server that nothing on this machine can start. */
async function absentKind(): Promise<ServerKind & AsyncDisposable> {
  const folder = await createTemporaryFolder('servers')
  const pomFile = join(folder.path, 'pom.xml')
  writeFileSync(pomFile, '<dependency><version>0.0.0-none</version></dependency>')
  return {
    name: 'Nothing',
    variable: 'KUBEWITNESS_TEST_NOTHING',
    check: async (address) => {
      if (address !== 'up') throw new Error(`${address} is silent`)
    },
    artifacts: { name: 'nothing', pomFile, goals: () => [] },
    startContainer: refuse,
    startChild: refuse,
    [Symbol.asyncDispose]: folder.remove,
  }
}

describe('servers for tests', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('are those of the environment, which have to answer', async () => {
    await using kind = await absentKind()
    vi.stubEnv(kind.variable, 'up')
    expect(await findServer(kind)).toMatchObject({ address: 'up', origin: 'environment' })
    vi.stubEnv(kind.variable, 'down')
    await expect(findServer(kind)).rejects.toThrow('down is silent')
  })

  it('may be missing on a machine that has none, but not in CI', async () => {
    await using kind = await absentKind()
    vi.stubEnv('CI', '')
    expect(await findServer(kind)).toBeUndefined()
    vi.stubEnv('CI', 'true')
    await expect(startOwnServer(kind)).rejects.toThrow(
      'there is no Nothing: name one in KUBEWITNESS_TEST_NOTHING, start Docker, or have Java 17 and Maven and run `npm run test:servers`',
    )
  })
})
