import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { lockDirectory } from './lock.ts'
import { openForWriting } from './schema.ts'
import type { FromWriter, ToWriter, WriterData } from './sqlite-protocol.ts'
import { createSqliteService, type SqliteService } from './sqlite-service.ts'
import { createSqliteWriter } from './sqlite-writer.ts'
import { storeError, toPlain } from './store-error.ts'

interface OpenStore {
  readonly service: SqliteService
  readonly unlock: () => void
}

/** The store and its service, or undefined after it has said why not. */
function openStore(
  { directory, topics }: WriterData,
  say: (message: FromWriter) => void,
): OpenStore | undefined {
  let unlock = (): void => undefined
  try {
    const lock = lockDirectory(directory)
    unlock = () => lock.close()
    const writer = createSqliteWriter(openForWriting(directory), topics, (topic, records) =>
      say({ kind: 'lost', topic, records }),
    )
    return { service: createSqliteService(writer, say), unlock }
  } catch (error) {
    unlock()
    const reason = storeError(`opening the store in ${directory}`, error)
    say({ kind: 'refused', error: toPlain(reason) })
    return undefined
  }
}

function run(control: MessagePort, data: WriterData): void {
  const say = (message: FromWriter): void => control.postMessage(message)
  const store = openStore(data, say)
  if (store === undefined) {
    control.close()
    return
  }
  const close = async (): Promise<void> => {
    await store.service.close()
    store.unlock()
    control.close()
  }
  control.on('message', (message: ToWriter) => {
    if (message.kind === 'connect') store.service.connect(message.port)
    // A rejection ends the thread, and the thread that started it hears of it.
    else void close()
  })
  say({ kind: 'ready' })
}

// The thread's data was built by `createSqliteLog` with this type.
if (parentPort !== null) run(parentPort, workerData as WriterData)
