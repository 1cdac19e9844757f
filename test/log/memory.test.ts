import { createMemoryLog } from '../../src/log/memory.ts'
import { logContract } from '../contract/log.ts'
import type { MakeLog } from '../contract/log-setup.ts'
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
