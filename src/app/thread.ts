import { Worker } from 'node:worker_threads'
import { messageOf } from '../errors.ts'
import { type LogAccess, portsOf } from './log-access.ts'

/** What every thread of the service may say: why it ends by itself. */
export interface Failed {
  readonly kind: 'failed'
  readonly message: string
}

/** A thread that uses the log. */
export interface Thread<To> {
  tell(message: To): void
  /** Why it ended by itself, if it said so. Resolves when it is gone. */
  readonly exited: Promise<string | undefined>
  /** Ends it at once. */
  terminate(): void
}

export interface ThreadOptions<From> {
  readonly script: URL
  readonly name: string
  /** What it is started with. */
  readonly data: { readonly access: LogAccess }
  /** A small one keeps the process small: what most threads make lives for a moment. */
  readonly maxYoungGenerationSizeMb: number
  /** Hears everything but why it failed. */
  readonly hear: (message: Exclude<From, Failed>) => void
}

export function openThread<From extends { readonly kind: string }, To>({
  script,
  name,
  data,
  maxYoungGenerationSizeMb,
  hear,
}: ThreadOptions<From>): Thread<To> {
  const worker = new Worker(script, {
    name,
    workerData: data,
    transferList: [...portsOf(data.access)],
    resourceLimits: { maxYoungGenerationSizeMb },
  })
  const exited = Promise.withResolvers<string | undefined>()
  let reason: string | undefined
  worker.on('message', (message: Exclude<From, Failed> | Failed) => {
    if (isFailed(message)) reason = message.message
    else hear(message)
  })
  worker.on('error', (error) => {
    reason = messageOf(error)
  })
  worker.once('exit', () => exited.resolve(reason))
  return {
    tell: (message) => worker.postMessage(message),
    exited: exited.promise,
    terminate: () => void worker.terminate(),
  }
}

function isFailed(message: { readonly kind: string }): message is Failed {
  return message.kind === 'failed'
}
