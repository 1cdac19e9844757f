import { parentPort, workerData } from 'node:worker_threads'
import type { Logger, Metrics } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { attachSqliteLog } from '../log/sqlite.ts'
import { systemClock } from '../util/clock.ts'
import { standBack } from '../util/thread-priority.ts'
import type { ArchiveWorkerData, FromArchiveWorker, ToArchiveWorker } from './archive-messages.ts'
import { runArchiving } from './archiving.ts'

type Send = (message: FromArchiveWorker) => void

/** The thread that archives events: it reads the store itself, and stands back before those that receive and detect. */
async function main(data: ArchiveWorkerData, send: Send): Promise<void> {
  standBack()
  const reading = new AbortController()
  const writing = new AbortController()
  parentPort?.on('message', (message: ToArchiveWorker) => {
    reading.abort()
    if (message === 'abandon') writing.abort()
  })
  const log = attachSqliteLog({
    directory: data.logDirectory,
    port: data.logPort,
    clock: systemClock,
  })
  await log.start()
  try {
    const say =
      (level: keyof Logger): Logger['info'] =>
      (message, fields = {}) =>
        send({ kind: 'said', level, message, fields })
    const measure =
      (as: 'add' | 'set' | 'observe') =>
      (...[name, value, labels = {}]: Parameters<Metrics['add']>) =>
        send({ kind: 'measured', as, name, value, labels })
    await runArchiving(
      {
        log,
        sink: data.sink,
        clock: systemClock,
        logger: { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') },
        metrics: { add: measure('add'), set: measure('set'), observe: measure('observe') },
      },
      reading.signal,
      writing.signal,
    )
  } finally {
    await log.stop(AbortSignal.timeout(5000))
  }
}

const port = parentPort
if (port !== null) {
  const send: Send = (message) => port.postMessage(message)
  // The thread's data was built by `createThreadArchive` in this folder, with this type.
  main(workerData as ArchiveWorkerData, send)
    .catch((error: unknown) => send({ kind: 'failed', message: messageOf(error) }))
    .finally(() => port.close())
}
