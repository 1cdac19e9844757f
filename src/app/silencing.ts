import { stat } from 'node:fs/promises'
import { problemsOf } from '../config/problems.ts'
import type { Clock, Component, Log, Logger, Metrics } from '../contracts.ts'
import {
  type Silence,
  type SilenceState,
  silenceDraftSchema,
  silenceOf,
  stateOf,
} from '../deliver/silence/silence.ts'
import { createSilences, type Silences } from '../deliver/silence/silences.ts'
import { messageOf } from '../errors.ts'
import type { SilenceApi, SilenceView } from '../web/silences.ts'
import { readSilenceFile } from './silence-file.ts'
import { createSilenceLog } from './silence-log.ts'

export interface SilencingOptions {
  /** The file of silences, if there is one. */
  readonly path: string | undefined
  readonly log: Log
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

/** The silences of this process: those of the file, and those of the log, which other processes make as well. */
export interface Silencing extends Component, SilenceApi {
  readonly silences: Silences
  /** Reads the file again; when it is broken what was read before stays, and this rejects. */
  reloadFile(): Promise<void>
}

/** What another process has silenced, or the file says now, is heard of so soon. */
const pollEveryMs = 2_000
const states: readonly SilenceState[] = ['pending', 'active', 'expired']

export function createSilencing(options: SilencingOptions): Silencing {
  const { clock, log, logger, metrics, path } = options
  const silences = createSilences()
  const stopping = new AbortController()
  const made = createSilenceLog({ log, silences, signal: stopping.signal })
  let running: Promise<void> = Promise.resolve()
  let seenFile: string | undefined

  const readLog = async (): Promise<void> => {
    await made.read()
    showCounts()
  }
  const store = async (silence: Silence): Promise<void> => {
    await made.store(silence)
    showCounts()
  }
  const showCounts = (): void => {
    const nowMs = clock.nowMs()
    const counts = Map.groupBy(silences.list(), (silence) => stateOf(silence, nowMs))
    for (const state of states)
      metrics.set('kubewitness_silences', counts.get(state)?.length ?? 0, { state })
  }

  const reloadFile = async (): Promise<void> => {
    if (path === undefined) return
    seenFile = await fingerprint(path)
    silences.useFile(readSilenceFile(path, clock.nowMs()))
  }

  /** Files are replaced in ways that no watch is told of, such as a mounted ConfigMap. */
  const rereadFile = async (): Promise<void> => {
    if (path === undefined || (await fingerprint(path)) === seenFile) return
    try {
      await reloadFile()
      logger.info('Reloaded', { what: 'silences' })
    } catch (error) {
      logger.error('Reload refused; what was in use stays', {
        what: 'silences',
        message: messageOf(error),
      })
    }
  }

  const poll = async (): Promise<void> => {
    let isFailing = false
    while (!stopping.signal.aborted) {
      await clock.sleep(pollEveryMs, stopping.signal)
      await rereadFile()
      try {
        await readLog()
        isFailing = false
      } catch (error) {
        if (!isFailing && !stopping.signal.aborted)
          logger.error('Silences cannot be read; those that are known stay', {
            message: messageOf(error),
          })
        isFailing = true
      }
    }
  }

  const viewOf = (silence: Silence): SilenceView => {
    const { schema: _, ...view } = silence
    return { ...view, state: stateOf(silence, clock.nowMs()) }
  }

  return {
    name: 'silences',
    silences,
    reloadFile,
    start: async () => {
      await reloadFile()
      await readLog()
      running = poll().catch(() => undefined) // Ends only by the abort of stop.
    },
    stop: async () => {
      stopping.abort()
      await running
    },
    list: () => silences.list().map(viewOf),
    make: async (body) => {
      const draft = silenceDraftSchema.safeParse(body)
      if (!draft.success)
        return {
          problems: problemsOf(draft.error, silenceDraftSchema).map(
            ({ message, path: place }) => `${place === '' ? '' : `${place}: `}${message}`,
          ),
        }
      const silence = silenceOf(draft.data, 'api', clock.nowMs())
      if ('problem' in silence) return { problems: [silence.problem] }
      await store(silence)
      const { createdBy, endsAt, id, startsAt } = silence
      logger.warn('A silence was made', { id, createdBy, startsAt, endsAt })
      return { silence: viewOf(silence) }
    },
    end: async (id) => {
      const silence = silences.get(id)
      if (silence === undefined) return 'unknown'
      if (silence.from === 'file') return 'file'
      const nowMs = clock.nowMs()
      if (stateOf(silence, nowMs) === 'expired') return { silence: viewOf(silence) }
      const ended = { ...silence, endsAt: new Date(nowMs).toISOString() }
      await store(ended)
      logger.info('A silence was ended', { id })
      return { silence: viewOf(ended) }
    },
  }
}

/** Differs when the file has changed; undefined when it is gone. */
async function fingerprint(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found && `${found.ino}:${found.mtimeMs}:${found.size}`
}
