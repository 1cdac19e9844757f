import { createMemoryLog } from '../../src/log/memory.ts'
import { logContract } from '../contract/log.ts'

logContract('in memory', async ({ clock, topics }) => {
  const log = createMemoryLog({ clock, topics })
  await log.start()
  return {
    log,
    reopen: () => Promise.reject(new Error('what is in memory ends with it')),
    remove: () => log.stop(new AbortController().signal),
  }
})
