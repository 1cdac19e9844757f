import type { Log } from '../../src/contracts.ts'
import { createSqliteLog } from '../../src/log/sqlite.ts'
import { silentLogger } from '../../src/util/logger.ts'
import { logContract } from '../contract/log.ts'
import { durableLogContract } from '../contract/log-durable.ts'
import type { MakeLog } from '../contract/log-setup.ts'
import { durableLogStateContract, logStateContract } from '../contract/log-state.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const makeLog: MakeLog = async ({ clock, topics }) => {
  const folder = await createTemporaryFolder('log')
  const open = async (): Promise<Log> => {
    const log = createSqliteLog({ directory: folder.path, clock, topics, logger: silentLogger })
    await log.start()
    return log
  }
  let log = await open()
  const never = new AbortController().signal
  return {
    log,
    reopen: async () => {
      await log.stop(never)
      log = await open()
      return log
    },
    remove: async () => {
      await log.stop(never)
      await folder.remove()
    },
  }
}

logContract('in SQLite', makeLog)
durableLogContract('in SQLite', makeLog)
logStateContract('in SQLite', makeLog)
durableLogStateContract('in SQLite', makeLog)
