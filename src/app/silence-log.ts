import type { Log } from '../contracts.ts'
import { type Silence, silenceSchema } from '../deliver/silence/silence.ts'
import type { Silences } from '../deliver/silence/silences.ts'
import { silencesTopic } from './topics.ts'

/** The silences that processes of the service have made. */
export interface SilenceLog {
  /** Takes over what is new since the last time. */
  read(): Promise<void>
  /** Resolves when it is durable, and taken over. */
  store(silence: Silence): Promise<void>
}

const pageRecords = 500

export function createSilenceLog({
  log,
  silences,
  signal,
}: {
  readonly log: Log
  readonly silences: Silences
  /** Gives up what is being stored. */
  readonly signal: AbortSignal
}): SilenceLog {
  let lastOffset: number | undefined
  const read = async (): Promise<void> => {
    for (;;) {
      const after = lastOffset === undefined ? {} : { after: lastOffset }
      const query = { order: 'oldest', limit: pageRecords, ...after } as const
      const records = await log.browse(silencesTopic, query)
      for (const { position, value } of records) {
        // Another reading may have gone further meanwhile: what it has seen is newer.
        if (lastOffset !== undefined && position.offset <= lastOffset) continue
        lastOffset = position.offset
        const silence = parseSilence(value)
        if (silence !== undefined) silences.put(silence)
      }
      if (records.length < pageRecords) return
    }
  }
  return {
    read,
    store: async (silence) => {
      const { id, createdAt, endsAt } = silence
      // Ending one is another record of the same silence, and so is making it again after that.
      const key = `${id}:${createdAt}:${endsAt}`
      const records = [{ key, value: Buffer.from(JSON.stringify(silence)) }]
      await log.append([{ topic: silencesTopic, records }], signal)
      await read()
    },
  }
}

/** Undefined for one of another version. */
function parseSilence(value: Uint8Array): Silence | undefined {
  try {
    return silenceSchema.safeParse(JSON.parse(Buffer.from(value).toString('utf8'))).data
  } catch {
    return undefined
  }
}
