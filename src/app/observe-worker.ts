import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../errors.ts'
import { systemClock } from '../util/clock.ts'
import { standBack } from '../util/thread-priority.ts'
import type { RolesAnswer } from '../web/roles.ts'
import { attachLog } from './log-access.ts'
import type { FromObserveWorker, ObserveWorkerData, ToObserveWorker } from './observe-messages.ts'
import type { Observed } from './observed.ts'
import { runObserving } from './observing.ts'
import { answerOf } from './roles-answers.ts'

type Send = (message: FromObserveWorker) => void

/** The thread that keeps access profiles: it reads the store itself, and answers between two deliveries. */
async function main(data: ObserveWorkerData, send: Send): Promise<void> {
  standBack()
  const stopping = new AbortController()
  let observed: Observed | undefined
  parentPort?.on('message', (message: ToObserveWorker) => {
    if (message.kind === 'stop') stopping.abort()
    else void answer(message)
  })
  const answer = async ({ id, question }: Extract<ToObserveWorker, { kind: 'ask' }>) => {
    const said: RolesAnswer =
      observed === undefined
        ? { kind: 'unready' }
        : await answerOf(observed, question, data.manifests)
    send({ kind: 'answer', id, answer: said })
  }
  const log = attachLog(data.access, systemClock)
  await log.start()
  try {
    const onObserved = (known: Observed): void => {
      observed = known
      send({ kind: 'running' })
    }
    const onStateDropped = (records: number): void => send({ kind: 'stateDropped', records })
    await runObserving({ log, clock: systemClock, onObserved, onStateDropped }, stopping.signal)
  } finally {
    await log.stop(AbortSignal.timeout(5000))
  }
}

const port = parentPort
if (port !== null) {
  const send: Send = (message) => port.postMessage(message)
  // The thread's data was built by `createThreadObserver` in this folder, with this type.
  main(workerData as ObserveWorkerData, send)
    .catch((error: unknown) => send({ kind: 'failed', message: messageOf(error) }))
    .finally(() => port.close())
}
