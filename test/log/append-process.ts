import { writeSync } from 'node:fs'
import { createSqliteLog } from '../../src/log/sqlite.ts'
import { systemClock } from '../../src/util/clock.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { crashTopics, recordOf } from './crash-records.ts'

// Appends numbered records, some at the same time, and prints each number when it is acknowledged; a reader copies
// them to another topic. Runs until it is killed. Arguments: directory, first number.

const inFlight = 4

async function main(directory: string, first: number): Promise<void> {
  const signal = new AbortController().signal
  const log = createSqliteLog({
    directory,
    clock: systemClock,
    logger: silentLogger,
    topics: crashTopics,
  })
  await log.start()
  let next = first
  const append = async (): Promise<void> => {
    for (;;) {
      const number = next
      next += 1
      const record = recordOf(number)
      await log.append(
        [
          { topic: 'events', records: [record] },
          { topic: 'twins', records: [record] },
        ],
        signal,
      )
      writeSync(1, `${number}\n`)
    }
  }
  const copy = async (): Promise<void> => {
    const limits = { maxRecords: 5, maxBytes: 100_000 }
    for await (const { records, commit } of log.read('events', 'copy', 'earliest', limits, signal))
      await commit([{ topic: 'copies', records }])
  }
  await Promise.all([copy(), ...Array.from({ length: inFlight }, append)])
}

await main(process.argv[2] ?? '', Number(process.argv[3]))
