import { expect, it } from 'vitest'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { runKillLoop } from './kill-loop.ts'

it('kill -9 under load loses nothing that was acknowledged, and misses and doubles no alert', {
  timeout: 120_000,
}, async () => {
  await using folder = await createTemporaryFolder('crash')
  const { verdict, kills, bodiesAcknowledged } = await runKillLoop({
    folder: folder.path,
    kills: 8,
    seed: 20_261_121,
  })
  process.stdout.write(`${kills} kills: ${verdict.line}\n`)
  expect({ ...verdict, line: '' }).toMatchObject({
    lost: [],
    doubled: [],
    unknown: [],
    alertsMissing: [],
    alertsDoubled: [],
    alertsSplit: [],
  })
  expect(bodiesAcknowledged).toBeGreaterThan(20)
  expect(verdict.alertsExpected).toBeGreaterThan(20)
})
