import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import { KubewitnessError } from '../errors.ts'
import { isProgressOnly } from './changes.ts'
import { createFollowers } from './followers.ts'
import { memoryOf } from './fresh.ts'
import { createSeats } from './seats.ts'
import {
  type Answer,
  type ClientMessage,
  type Fresh,
  type FromWriter,
  unpackChange,
  type WriterMessage,
} from './sqlite-protocol.ts'
import type { Result, SqliteWriter } from './sqlite-writer.ts'
import { storeError, toPlain } from './store-error.ts'

type ChangeRequest = Extract<ClientMessage, { kind: 'change' }>
type SweepRequest = Extract<ClientMessage, { kind: 'sweep' }>
interface Waiting {
  readonly port: MessagePort
  readonly request: ChangeRequest
}

/** The writer's side of the clients' ports. */
export interface SqliteService {
  connect(port: MessagePort): void
  /** Writes what waits, closes the store and the ports. */
  close(): Promise<void>
}

/** How long a cursor that moves alone waits for company: a transaction of its own delays who comes next. */
const lingerMs = 5

/** Group commit: everything that waits when a transaction begins goes into it, and is answered after its commit. */
export function createSqliteService(
  writer: SqliteWriter,
  say: (message: FromWriter) => void,
): SqliteService {
  const ports = new Set<MessagePort>()
  const seats = createSeats<MessagePort>()
  const followers = createFollowers()
  let waiting: Waiting[] = []
  /** Is about to be written. */
  let isDue = false
  let lingering: NodeJS.Timeout | undefined
  let sweeping = Promise.resolve()

  const writeWaiting = (): void => {
    clearTimeout(lingering)
    lingering = undefined
    isDue = false
    const taken = waiting
    waiting = []
    if (taken.length === 0) return
    const results = writer.apply(taken.map(({ request }) => unpackChange(request.change)))
    sendAnswers(ports, taken, results, (grown) => followers.handOn(grown, writer.takeFresh))
    for (const [index, { request }] of taken.entries()) settleSeat(request, results[index]!)
    writer.checkpoint('due')
  }

  /** Comes after the answers, so that a reader that has just joined knows its seat before it is moved. */
  const settleSeat = ({ change }: ChangeRequest, result: Result): void => {
    if (change.kind === 'join' && 'error' in result) seats.leave(change.topic, change.group)
    if (change.kind !== 'replay' || 'error' in result || result.value === undefined) return
    const { topic, group } = change
    const reader = seats.ownerOf(topic, group)
    if (reader !== undefined) send(reader, { kind: 'rewound', topic, group, cursor: result.value })
  }

  const enqueue = (port: MessagePort, request: ChangeRequest): void => {
    const { change, id } = request
    if (change.kind === 'join') {
      try {
        seats.take(change.topic, change.group, port)
      } catch (error) {
        answer(port, answerOf(id, { error: storeError('joining a group', error) }))
        return
      }
    }
    waiting.push({ port, request })
    if (isProgressOnly(change)) {
      lingering ??= setTimeout(writeWaiting, lingerMs)
    } else if (!isDue) {
      isDue = true
      // Behind the messages of all clients that have arrived by now.
      setImmediate(writeWaiting)
    }
  }

  const sweep = async (port: MessagePort, { id, nowMs }: SweepRequest): Promise<void> => {
    try {
      while (writer.sweepStep(nowMs)) await nextTurn()
      writer.checkpoint('all')
      answer(port, { id, value: writer.takeLosses() })
    } catch (error) {
      if (!(error instanceof KubewitnessError)) throw error
      answer(port, answerOf(id, { error }))
    }
  }

  const receive = (port: MessagePort, message: ClientMessage): void => {
    switch (message.kind) {
      case 'change':
        enqueue(port, message)
        break
      case 'sweep':
        sweeping = sweeping.then(() => sweep(port, message))
        break
      case 'leave':
        seats.leave(message.topic, message.group)
        followers.leave(message.topic, message.group)
        break
      case 'follow':
        followers.follow(port, message)
        break
      case 'damaged':
        say(message)
        break
      default:
        message satisfies never
    }
  }

  return {
    connect: (port) => {
      ports.add(port)
      port.on('message', (message: ClientMessage) => receive(port, message))
      port.once('close', () => {
        ports.delete(port)
        seats.leaveAll(port)
        followers.leaveAll(port)
      })
      send(port, { kind: 'hello' })
    },
    close: async () => {
      await sweeping
      writeWaiting()
      writer.close()
      for (const port of ports) port.close()
    },
  }
}

function send(port: MessagePort, message: WriterMessage): void {
  port.postMessage(message)
}

function answer(port: MessagePort, one: Answer): void {
  send(port, { kind: 'committed', answers: [one], grown: [], fresh: [] })
}

function answerOf(id: number, result: Result): Answer {
  return 'error' in result ? { id, error: toPlain(result.error) } : { id, value: result.value }
}

/** One message a client at most: its answers, the topics that all of them wait for, and what it follows. */
function sendAnswers(
  ports: ReadonlySet<MessagePort>,
  taken: readonly Waiting[],
  results: readonly Result[],
  handOn: (grown: Iterable<string>) => ReadonlyMap<MessagePort, readonly Fresh[]>,
): void {
  const answers = new Map<MessagePort, Answer[]>([...ports].map((port) => [port, []]))
  const grown = new Set<string>()
  for (const [index, { port, request }] of taken.entries()) {
    const result = results[index]!
    answers.get(port)?.push(answerOf(request.id, result))
    if (request.change.kind !== 'write' || 'error' in result) continue
    for (const { topic } of request.change.produced) grown.add(topic)
  }
  const handed = handOn(grown)
  for (const [port, own] of answers) {
    if (own.length === 0 && grown.size === 0) continue
    const fresh = handed.get(port) ?? []
    const message: WriterMessage = { kind: 'committed', answers: own, grown: [...grown], fresh }
    port.postMessage(message, fresh.flatMap(memoryOf))
  }
}
