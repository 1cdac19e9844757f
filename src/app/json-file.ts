import { readFile, rename, writeFile } from 'node:fs/promises'
import type { z } from 'zod'
import type { Logger } from '../contracts.ts'
import { messageOf } from '../errors.ts'
import { errorCodeOf } from '../util/error-code.ts'

/** A small file of the data directory that a part of the service keeps its state in: replaced whole, never half written. */
export interface JsonFile<T> {
  /** Undefined when there is none, or it cannot be read, which is said. */
  load(): Promise<T | undefined>
  /** What cannot be written is said; the service goes on. */
  save(value: T): Promise<void>
}

export function createJsonFile<T>(
  file: string,
  schema: z.ZodType<T>,
  { logger, what }: { readonly logger: Logger /** For people. */; readonly what: string },
): JsonFile<T> {
  const say = (message: string, error: unknown): void =>
    logger.warn(message, { what, file, reason: messageOf(error) })
  let saved: Promise<void> = Promise.resolve()
  const replace = async (text: string): Promise<void> => {
    try {
      await writeFile(`${file}.new`, text, { mode: 0o600 })
      await rename(`${file}.new`, file)
    } catch (error) {
      say('A file of the data directory cannot be written', error)
    }
  }
  return {
    load: async () => {
      try {
        return schema.parse(JSON.parse(await readFile(file, 'utf8')))
      } catch (error) {
        if (errorCodeOf(error) !== 'ENOENT')
          say('A file of the data directory cannot be read; it begins anew', error)
        return undefined
      }
    },
    save: (value) => {
      const text = JSON.stringify(value)
      // One after the other: two at a time would write into the same new file.
      saved = saved.then(() => replace(text))
      return saved
    },
  }
}
