import { systemClock } from '../util/clock.ts'
import type { FromObserveWorker, ObserveWorkerData, ToObserveWorker } from './observe-messages.ts'
import type { Observed } from './observed.ts'
import { runObserving } from './observing.ts'
import { answerOf } from './roles-answers.ts'
import { runThreadBody } from './thread-body.ts'

/** The thread that keeps access profiles: it reads the log itself, and answers between two deliveries. */
runThreadBody<ObserveWorkerData, ToObserveWorker, FromObserveWorker>(
  async ({ data, log, send, listen }) => {
    const stopping = new AbortController()
    let observed: Observed | undefined
    const answer = async ({ id, question }: Extract<ToObserveWorker, { kind: 'ask' }>) =>
      send({
        kind: 'answer',
        id,
        answer:
          observed === undefined
            ? { kind: 'unready' }
            : await answerOf(observed, question, data.manifests),
      })
    listen((message) => {
      if (message.kind === 'stop') stopping.abort()
      else void answer(message)
    })
    const onObserved = (known: Observed): void => {
      observed = known
      send({ kind: 'running' })
    }
    const onStateDropped = (records: number): void => send({ kind: 'stateDropped', records })
    const onUnreadable = (reason: string): void => send({ kind: 'unreadable', reason })
    await runObserving(
      { log, clock: systemClock, onObserved, onStateDropped, onUnreadable },
      stopping.signal,
    )
  },
)
