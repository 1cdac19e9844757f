import { type FileHandle, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Alert, Sink } from '../contracts.ts'
import { KubewitnessError, messageOf } from '../errors.ts'
import { errorCodeOf } from '../util/error-code.ts'
import { alertLine } from './alert-json.ts'
import { commonSinkShape } from './common.ts'
import { delivered, forAll, unavailable } from './outcomes.ts'
import { createWriteGate } from './write-gate.ts'

export const fileSinkSchema = z.strictObject({
  ...commonSinkShape,
  type: z.literal('file'),
  path: z.string().min(1).describe('File that alerts are appended to; its folder must exist.'),
})

/**
 * Appends one alert a line and flushes each batch to the disk before it counts as delivered. A file that was renamed
 * or deleted by log rotation is opened anew; a batch that fails half-way is cut off again.
 */
export function createFileSink(config: z.output<typeof fileSinkSchema>): Sink<Alert> {
  const gate = createWriteGate<Alert>(config.name)
  let handle: FileHandle | undefined

  const close = async () => {
    const closing = handle
    handle = undefined
    await closing?.close()
  }
  const current = async (): Promise<FileHandle> => {
    if (handle !== undefined && !(await isStillAt(handle, config.path))) await close()
    handle ??= await openForAppending(config.path)
    return handle
  }

  return {
    name: config.name,
    limits: { maxItems: 500, maxBytes: 4 * 1024 * 1024, lingerMs: 50 },
    start: async () => {
      try {
        await current()
      } catch (error) {
        throw cannotOpen(config.name, config.path, error)
      }
    },
    write: (batch, signal) =>
      gate.run(batch, signal, async () => {
        const text = batch.map((alert) => `${alertLine(alert)}\n`).join('')
        try {
          await appendDurably(await current(), text)
          return forAll(batch, delivered)
        } catch (error) {
          // After a failed flush the kernel may call the next one a success: only a new handle is to be trusted.
          await close().catch(() => undefined)
          return forAll(
            batch,
            unavailable(`writing to ${config.path} for sink ${config.name}: ${messageOf(error)}`),
          )
        }
      }),
    stop: async (deadline) => {
      await gate.stop(deadline)
      await close()
    },
  }
}

async function isStillAt(handle: FileHandle, path: string): Promise<boolean> {
  const opened = await handle.stat()
  try {
    const named = await stat(path)
    return named.ino === opened.ino && named.dev === opened.dev
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Opens or makes the file. A last line without its end, left by a crash, is ended so that it spoils no other. */
async function openForAppending(path: string): Promise<FileHandle> {
  const handle = await open(path, 'a+', 0o600)
  try {
    const { size } = await handle.stat()
    if (size === 0) await syncFolder(dirname(path))
    else {
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
      if (buffer[0] !== 0x0a) await handle.appendFile('\n')
    }
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** The name of a new file is durable only once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function appendDurably(handle: FileHandle, text: string): Promise<void> {
  const { size } = await handle.stat()
  try {
    await handle.appendFile(text)
    await handle.sync()
  } catch (error) {
    await handle.truncate(size).catch(() => undefined)
    throw error
  }
}

function cannotOpen(sinkName: string, path: string, error: unknown): KubewitnessError {
  const next =
    errorCodeOf(error) === 'ENOENT'
      ? `create the folder ${dirname(path)}`
      : 'let the process write there, or choose another path'
  return new KubewitnessError(
    'sink.unavailable',
    `opening ${path} for sink ${sinkName}: ${messageOf(error)}`,
    { cause: error, next },
  )
}
