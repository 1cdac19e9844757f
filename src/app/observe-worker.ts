import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../errors.ts'
import { attachSqliteLog } from '../log/sqlite.ts'
import type { Observation } from '../rbac/observe/observation.ts'
import { systemClock } from '../util/clock.ts'
import { standBack } from '../util/thread-priority.ts'
import type { RolesAnswer } from '../web/roles.ts'
import type { FromObserveWorker, ObserveWorkerData, ToObserveWorker } from './observe-messages.ts'
import { runObserving } from './observing.ts'
import { answerOf } from './roles-answers.ts'

type Send = (message: FromObserveWorker) => void

/** The thread that keeps access profiles: it reads the store itself, and answers between two deliveries. */
async function main(data: ObserveWorkerData, send: Send): Promise<void> {
  standBack()
  const stopping = new AbortController()
  let observation: Observation | undefined
  parentPort?.on('message', (message: ToObserveWorker) => {
    if (message.kind === 'stop') stopping.abort()
    else void answer(message)
  })
  const answer = async ({ id, question }: Extract<ToObserveWorker, { kind: 'ask' }>) => {
    const said: RolesAnswer =
      observation === undefined
        ? { kind: 'unready' }
        : await answerOf(observation, question, data.manifests)
    send({ kind: 'answer', id, answer: said })
  }
  const log = attachSqliteLog({
    directory: data.logDirectory,
    port: data.logPort,
    clock: systemClock,
  })
  await log.start()
  try {
    const onObservation = (known: Observation): void => {
      observation = known
      send({ kind: 'running' })
    }
    const onStateDropped = (records: number): void => send({ kind: 'stateDropped', records })
    await runObserving({ log, clock: systemClock, onObservation, onStateDropped }, stopping.signal)
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
