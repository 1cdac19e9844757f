import type { Logger, Metrics } from '../contracts.ts'
import { systemClock } from '../util/clock.ts'
import type { ArchiveWorkerData, FromArchiveWorker, ToArchiveWorker } from './archive-messages.ts'
import { runArchiving } from './archiving.ts'
import { runThreadBody } from './thread-body.ts'

/** The thread that archives events: it reads the log itself. */
runThreadBody<ArchiveWorkerData, ToArchiveWorker, FromArchiveWorker>(
  async ({ data, log, send, listen }) => {
    const reading = new AbortController()
    const writing = new AbortController()
    listen((message) => {
      reading.abort()
      if (message === 'abandon') writing.abort()
    })
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
  },
)
