import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Clock, Log, Logger, TopicOptions } from '../contracts.ts'
import { KubewitnessError, messageOf } from '../errors.ts'
import { workerUrl } from '../util/worker-url.ts'
import type { OnLost } from './retention.ts'
import { createSqliteClient, type SqliteClientOptions } from './sqlite-client.ts'
import type { FromWriter, ToWriter, WriterData } from './sqlite-protocol.ts'
import { openReads } from './sqlite-reads.ts'
import { fromPlain } from './store-error.ts'
import { untilAborted } from './until-aborted.ts'

/** The log in a directory of this machine. */
export interface SqliteLog extends Log {
  /**
   * A port for one more thread: pass it on (it is transferable) and give it to `attachSqliteLog` there. Works from
   * the moment the log is made; when that thread ends, its groups are free for the next reader.
   */
  connect(): MessagePort
}

export interface SqliteLogOptions {
  readonly directory: string
  readonly clock: Clock
  readonly logger: Logger
  readonly topics: Readonly<Record<string, TopicOptions>>
  /**
   * Records that retention took unread by some group, as it happens; the next `sweep` returns them too, so count one of
   * the two.
   */
  readonly onLost?: OnLost
  /** Records that a reader found damaged and left out. */
  readonly onDamaged?: OnLost
  /** The writer has ended by itself: everything rejects with `log.failed` from now on. Restart the process. */
  readonly onFailure?: (error: KubewitnessError) => void
}

/**
 * One SQLite file in the directory, written by one thread of its own. What waits while it writes goes into its next
 * transaction together, and each append resolves after the commit. The process owns the directory while it runs.
 *
 * `start` rejects with `log.locked`, `log.permission`, `log.newer`, `log.full` or `log.failed`. `append` and `commit`
 * reject with `log.full` when the disk is full or too much waits in front of it. Aborting an `append` ends the wait,
 * not the write. In topics with unique keys a key is known for as long as retention keeps its record. One reader a
 * group in the whole process: a second is refused with `log.failed`.
 */
export function createSqliteLog(options: SqliteLogOptions): SqliteLog {
  const { directory, clock, logger, topics } = options
  const own = new MessageChannel()
  const client = createSqliteClient({ directory, port: own.port1, clock })
  const unsent: MessagePort[] = [own.port2]
  let worker: Worker | undefined
  let exited: Promise<void> = Promise.resolve()
  let state: 'new' | 'running' | 'ended' = 'new'

  const tell = (message: ToWriter, transfer: MessagePort[] = []): void =>
    worker?.postMessage(message, transfer)
  const handOver = (): void => {
    for (const port of unsent.splice(0)) tell({ kind: 'connect', port }, [port])
  }
  const hear = (message: FromWriter): void => {
    if (message.kind !== 'lost' && message.kind !== 'damaged') return
    const { topic, records } = message
    if (message.kind === 'lost') options.onLost?.(topic, records)
    else {
      logger.error('Stored records are damaged and were left out', { topic, records })
      options.onDamaged?.(topic, records)
    }
  }
  const fail = (cause: unknown): KubewitnessError => {
    const error = new KubewitnessError(
      'log.failed',
      `writing the store in ${directory} (${messageOf(cause)})`,
      { next: 'look at the disk and its messages, then restart', cause },
    )
    if (state === 'running') {
      logger.error('The store failed', { directory, message: error.message })
      options.onFailure?.(error)
    }
    state = 'ended'
    for (const port of [own.port1, ...unsent]) port.close()
    return error
  }

  const startWorker = async (): Promise<void> => {
    const data: WriterData = { directory, topics }
    const started = new Worker(workerUrl(import.meta.url, './sqlite-writer-worker'), {
      workerData: data,
      // What it handles are buffers outside of its heap.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    })
    worker = started
    const ready = Promise.withResolvers<void>()
    exited = new Promise((resolve) => started.once('exit', () => resolve()))
    started.on('message', (message: FromWriter) => {
      if (message.kind === 'ready') ready.resolve()
      else if (message.kind === 'refused') ready.reject(fromPlain(message.error))
      else hear(message)
    })
    started.once('error', (error) => ready.reject(fail(error)))
    started.once('exit', (code) => {
      if (state !== 'ended') ready.reject(fail(new Error(`the writer ended with code ${code}`)))
    })
    await ready.promise
    state = 'running'
  }

  return {
    ...client,
    start: async () => {
      await startWorker()
      handOver()
      await client.start()
    },
    stop: async (deadline) => {
      await client.stop(deadline)
      state = 'ended'
      tell({ kind: 'close' })
      await untilAborted(exited, deadline).catch(() => worker?.terminate())
      for (const port of unsent) port.close()
    },
    connect: () => {
      const { port1, port2 } = new MessageChannel()
      unsent.push(port2)
      if (state === 'running') handOver()
      if (state === 'ended') port2.close()
      return port1
    },
  }
}

/**
 * The log of `createSqliteLog` in another thread: changes go through the port, reads use a connection of this thread.
 * `stop` ends this thread's use of it only.
 */
export function attachSqliteLog(options: SqliteClientOptions): Log {
  return createSqliteClient(options)
}

/** A look at a store, whether the service runs or not. State that changes meanwhile is seen in part as it was before. */
export interface SqliteReader extends Pick<Log, 'browse' | 'readState' | 'status'> {
  close(): void
}

/** Throws `input.unreadable` when there is no store, `log.newer`, `log.permission` or `log.failed`. */
export function openSqliteReader({ directory }: { readonly directory: string }): SqliteReader {
  const reads = openReads(directory)
  return {
    browse: async (topic, query) => reads.browse(topic, query),
    readState: async (topic, group, prefix) =>
      reads.readState(topic, group, prefix, () => undefined),
    status: async () => reads.status(),
    close: () => reads.close(),
  }
}
