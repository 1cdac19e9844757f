import type { Answer } from './sqlite-protocol.ts'
import { fromPlain, fullError } from './store-error.ts'

const mebibyte = 1024 * 1024
/** What one thread may have waiting in front of the writer. One request alone may be larger. */
export const pendingLimits = { bytes: 64 * mebibyte, records: 10_000 } as const

export interface RequestSize {
  readonly bytes: number
  readonly records: number
}

type Value = Extract<Answer, { value: unknown }>['value']

/** The requests of one client that have no answer yet. */
export interface Pending {
  /** Sends a request under a new number and resolves with its answer. Throws `log.full` when too much waits. */
  request(size: RequestSize, send: (id: number) => void): Promise<Value>
  settle(answer: Answer): void
  rejectAll(error: Error): void
  /** Resolves when nothing waits. */
  idle(): Promise<void>
}

export function createPending(): Pending {
  const open = new Map<
    number,
    { size: RequestSize; resolve: (value: Value) => void; reject: (error: Error) => void }
  >()
  let bytes = 0
  let records = 0
  let lastId = 0
  let onIdle: (() => void)[] = []

  const admit = (size: RequestSize): void => {
    const isTooMuch =
      bytes + size.bytes > pendingLimits.bytes || records + size.records > pendingLimits.records
    if (!isTooMuch || size.records === 0 || records === 0) return
    throw fullError(
      `appending: ${records} records with ${bytes} bytes already wait for the disk`,
      'wait until the disk has caught up',
    )
  }
  const take = (id: number): ReturnType<typeof open.get> => {
    const entry = open.get(id)
    open.delete(id)
    bytes -= entry?.size.bytes ?? 0
    records -= entry?.size.records ?? 0
    return entry
  }
  const checkIdle = (): void => {
    if (open.size > 0) return
    for (const resume of onIdle) resume()
    onIdle = []
  }

  return {
    request: async (size, send) => {
      admit(size)
      lastId += 1
      const id = lastId
      bytes += size.bytes
      records += size.records
      return new Promise<Value>((resolve, reject) => {
        open.set(id, { size, resolve, reject })
        send(id)
      })
    },
    settle: (answer) => {
      const entry = take(answer.id)
      if ('error' in answer) entry?.reject(fromPlain(answer.error))
      else entry?.resolve(answer.value)
      checkIdle()
    },
    rejectAll: (error) => {
      for (const id of [...open.keys()]) take(id)?.reject(error)
      checkIdle()
    },
    idle: () =>
      new Promise((resolve) => {
        onIdle.push(resolve)
        checkIdle()
      }),
  }
}
