import process from 'node:process'
import { parseArgs } from 'node:util'
import { kafka } from '../support/kafka.ts'
import { startOwnServer } from '../support/servers.ts'
import { builtScript } from '../support/service-process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { runSplitLoop } from './split-loop.ts'
import { windowsLine } from './windows.ts'

// `npm run test:split -- --rounds 10 --seed 1`, with `--built` the emitted program (`npm run build`): kills processes and the broker of a service that is split over Kafka.
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    built: { type: 'boolean', default: false },
  },
})
const broker = await startOwnServer(kafka)
if (broker === undefined) throw new Error('there is no Kafka: see CONTRIBUTING.md')
await using folder = await createTemporaryFolder('split')
const result = await runSplitLoop({
  broker,
  folder: folder.path,
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  ...(values.built && { script: builtScript }),
  onRound: (round, what) => void process.stderr.write(`round ${round + 1}: ${what}\n`),
})
const { verdict, windows, kills, brokerKills, rebalances, bodiesAcknowledged, bodiesDropped } =
  result
process.stdout.write(
  `${kills} kills of a detecting process, ${brokerKills} of the broker, ${rebalances} rebalances, seed ${values.seed}: ${verdict.line}\n`,
)
process.stdout.write(`${windowsLine(windows)}\n`)
for (const text of [...windows.missing, ...windows.invented].slice(0, 20))
  process.stderr.write(`${text}\n`)
process.stdout.write(
  `bodies acknowledged ${bodiesAcknowledged}, given up by the sender ${bodiesDropped}\n`,
)
const isExact = windows.missing.length === 0 && windows.invented.length === 0
process.exitCode = verdict.isClean && isExact ? 0 : 1
await broker.stop()
