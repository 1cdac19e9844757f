import { createMemoryLog } from '../../src/log/memory.ts'
import { logContract, type MakeLog } from '../contract/log.ts'
import { logStateContract } from '../contract/log-state.ts'

const makeLog: MakeLog = async ({ clock, topics }) => {
  const log = createMemoryLog({ clock, topics })
  await log.start()
  return {
    log,
    reopen: () => Promise.reject(new Error('what is in memory ends with it')),
    remove: () => log.stop(new AbortController().signal),
  }
}

logContract('in memory', makeLog)
logStateContract('in memory', makeLog)
