import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { attachSqliteLog } from '../../src/log/sqlite.ts'
import { systemClock } from '../../src/util/clock.ts'

/** What the test gives this thread. */
export interface AttachedData {
  readonly directory: string
  readonly port: MessagePort
}

// Copies `events` to `alerts` until it is told to stop; throws when it is told anything else.
async function main({ directory, port }: AttachedData, control: MessagePort): Promise<void> {
  const log = attachSqliteLog({ directory, port, clock: systemClock })
  const stopping = new AbortController()
  control.on('message', (message) => {
    if (message !== 'stop') throw new Error('told to fail')
    stopping.abort()
  })
  await log.start()
  const limits = { maxRecords: 3, maxBytes: 1000 }
  const reading = log.read('events', 'copy', 'earliest', limits, stopping.signal)
  for await (const { records, commit } of reading) await commit([{ topic: 'alerts', records }])
  await log.stop(new AbortController().signal)
  control.close()
}

// The test builds the data with this type.
if (parentPort !== null) await main(workerData as AttachedData, parentPort)
