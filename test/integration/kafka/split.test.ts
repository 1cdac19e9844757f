import { expect, inject, it } from 'vitest'
import { nothingWrong } from '../../crash/nothing-wrong.ts'
import { runSplitLoop } from '../../crash/split-loop.ts'
import { windowsLine } from '../../crash/windows.ts'
import { kafka } from '../../support/kafka.ts'
import { startOwnServer } from '../../support/servers.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'

it.skipIf(inject('kafka') === null)(
  'a service in three processes loses nothing that was acknowledged, and misses and doubles no alert, when one of them or the broker is killed and partitions change hands',
  { timeout: 400_000 },
  async () => {
    const broker = await startOwnServer(kafka)
    if (broker === undefined) throw new Error('this test breaks a Kafka of its own')
    await using folder = await createTemporaryFolder('split')
    const result = await runSplitLoop({ broker, folder: folder.path, rounds: 1, seed: 20_261_130 })
    await broker.stop()
    const { verdict, windows, bodiesAcknowledged } = result
    process.stdout.write(`${verdict.line}; ${windowsLine(windows)}\n`)
    expect({ verdict, windows }).toMatchObject(nothingWrong)
    expect(bodiesAcknowledged).toBeGreaterThan(20)
  },
)
