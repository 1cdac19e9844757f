import process from 'node:process'
import { parseArgs } from 'node:util'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { runKillLoop } from './kill-loop.ts'
import { windowsLine } from './windows.ts'

// `npm run test:crash -- --kills 200 --seed 1`: kills the service at random instants under load and prints what it cost.
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
})
await using folder = await createTemporaryFolder('crash')
const result = await runKillLoop({
  folder: folder.path,
  kills: Number(values.kills),
  seed: Number(values.seed),
  onKill: (number, afterMs, readyMs) => {
    if (number % 20 === 0)
      process.stderr.write(
        `kill ${number}: after ${afterMs.toFixed(0)} ms, ready again in ${readyMs.toFixed(0)} ms\n`,
      )
  },
})
const { verdict, windows, kills, bodiesAcknowledged, bodiesDropped, slowestReadyMs, sinkRepeats } =
  result
process.stdout.write(`${kills} kills, seed ${values.seed}: ${verdict.line}\n`)
process.stdout.write(`${windowsLine(windows)}\n`)
for (const text of [...windows.missing, ...windows.invented].slice(0, 20))
  process.stderr.write(`${text}\n`)
process.stdout.write(
  `bodies acknowledged ${bodiesAcknowledged}, given up by the sender ${bodiesDropped}; slowest start ${slowestReadyMs.toFixed(0)} ms; lines a sink got again ${sinkRepeats}\n`,
)
const isExact = windows.missing.length === 0 && windows.invented.length === 0
process.exitCode = verdict.isClean && isExact ? 0 : 1
