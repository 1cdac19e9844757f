import { expect, it } from 'vitest'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { runKillLoop } from './kill-loop.ts'
import { nothingWrong } from './nothing-wrong.ts'
import { windowsLine } from './windows.ts'

it('kill -9 under load loses nothing that was acknowledged, and misses and doubles no alert', {
  timeout: 300_000,
}, async () => {
  await using folder = await createTemporaryFolder('crash')
  const { verdict, windows, kills, bodiesAcknowledged } = await runKillLoop({
    folder: folder.path,
    kills: 8,
    seed: 20_261_121,
  })
  process.stdout.write(`${kills} kills: ${verdict.line}; ${windowsLine(windows)}\n`)
  expect({ verdict, windows }).toMatchObject(nothingWrong)
  expect(windows.ofCorrelations).toBeGreaterThan(10)
  expect(bodiesAcknowledged).toBeGreaterThan(20)
  expect(verdict.alertsExpected).toBeGreaterThan(20)
})
