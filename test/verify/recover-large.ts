import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createSqliteLog } from '../../src/log/sqlite.ts'
import { systemClock } from '../../src/util/clock.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { benchSender } from '../bench/whole-path.ts'
import { createBodyGenerator } from '../support/generate.ts'
import { keepAll } from '../support/keep-all.ts'
import { startService } from '../support/service-process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

// `node test/verify/recover-large.ts [GIGABYTES]`: how soon the service acknowledges again after kill -9 with that much stored.
const gigabytes = Number(process.argv[2] ?? '1')
await using folder = await createTemporaryFolder('recover')
await fill(join(folder.path, 'data'), gigabytes * 1e9)
const stored = statSync(join(folder.path, 'data', 'log.sqlite')).size
const config = { logLevel: 'error', sinks: [] }
const generate = createBodyGenerator({ seed: 9 })
let service = await startService({ folder: folder.path, config })
for (let round = 0; round < 3; round++) {
  for (let number = 0; number < 20; number++) await acknowledge(number + round * 100)
  await service.kill9()
  const startedMs = performance.now()
  const { ports } = service
  service = await startService({ folder: folder.path, ports, config })
  await acknowledge(1000 + round)
  process.stdout.write(
    `${(stored / 1e9).toFixed(2)} GB stored: ready ${service.readyMs.toFixed(0)} ms and first acknowledgement ${(performance.now() - startedMs).toFixed(0)} ms after the start that followed kill -9\n`,
  )
}
await service.stop()

async function acknowledge(number: number): Promise<void> {
  const sender = benchSender(service)
  const result = await sender.send(generate(number).bytes, AbortSignal.timeout(30_000))
  if (result.outcome !== 'accepted')
    throw new Error(`not accepted: ${JSON.stringify(result.tries)}`)
  sender.close()
}

/** Records of the size of stored batches, in a topic whose reader starts at the end: what matters is how much lies there. */
async function fill(directory: string, bytes: number): Promise<void> {
  const topics = {
    events: keepAll,
    alerts: keepAll,
    rejected: keepAll,
    'dead-letter': { ...keepAll, uniqueKeys: false },
  }
  const log = createSqliteLog({ directory, clock: systemClock, logger: silentLogger, topics })
  await log.start()
  const { signal } = new AbortController()
  const reading = new AbortController()
  const latest = log.read(
    'events',
    'detect',
    'earliest',
    { maxRecords: 64, maxBytes: 64e6 },
    reading.signal,
  )
  const drained = (async () => {
    for await (const delivery of latest) await delivery.commit()
  })()
  for (let written = 0; written < bytes; written += 8 * 32_000) {
    const records = Array.from({ length: 8 }, () => {
      const value = randomBytes(32_000)
      return { key: value.subarray(0, 16).toString('hex'), value }
    })
    await log.append([{ topic: 'events', records }], signal)
  }
  reading.abort()
  await drained
  await log.stop(AbortSignal.timeout(60_000))
}
