import { describe } from 'vitest'
import { testReading } from './log-reading.ts'
import { testRecords } from './log-records.ts'
import { testRetention } from './log-retention.ts'
import { logOfTests, type MakeLog } from './log-setup.ts'

/** What every log does, whatever it is made of. One reader a group: a second is refused. */
export function logContract(name: string, makeLog: MakeLog): void {
  describe(`the log ${name}`, () => {
    const tested = logOfTests(makeLog)
    testRecords(tested)
    testReading(tested)
    testRetention(tested, makeLog)
  })
}
