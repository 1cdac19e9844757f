import { decodeItem, timeOf } from '../audit/event.ts'
import { createUnwrapper } from '../audit/exports/unwrap.ts'
import { sliceIndex } from '../audit/index-slice.ts'
import type { Redactor } from '../audit/redact/redactor.ts'
import { createSplitter, type SplitChunk } from '../audit/split.ts'
import type { Alert, EventBatch, RejectedItem } from '../contracts.ts'
import type { CorrelationMatch } from '../detect/correlate/correlator.ts'
import type { RuleMatch } from '../detect/match.ts'
import type { Findings, Pipeline } from '../detect/pipeline.ts'
import { mergedByTime, type TimedSource, type TimedWindow } from './merge-by-time.ts'
import { objectBatch, redactedBatch } from './offline-batch.ts'
import { createPlaces } from './offline-places.ts'
import { rejectedItems, undecodableItem } from './rejects.ts'

/** One match of a rule, and where its event stands: the number of the item in its input, from zero. */
export interface OfflineMatch {
  readonly match: RuleMatch
  readonly index: number
}

/** One match of a correlation, and where the event that completed it stands; unknown when that is very long ago, or was not asked for. */
export interface OfflineCorrelation {
  readonly match: CorrelationMatch
  readonly index: number | undefined
}

export interface OfflineFindings {
  readonly matches: readonly OfflineMatch[]
  readonly correlations: readonly OfflineCorrelation[]
  readonly alerts: readonly Alert[]
}

/** What came out of one window of the input. */
export interface OfflineResult extends OfflineFindings {
  readonly events: number
  readonly rejected: readonly RejectedItem[]
  /** Lines of other logs in an export of a managed cluster, passed over. */
  readonly otherRecords: number
  /** Those without a time: correlations leave them out. */
  readonly timeless: number
}

/**
 * What the bytes hold: audit events, which are redacted before anything looks at them, or any JSON objects, which are
 * evaluated as they are.
 */
export type OfflineInput = 'events' | 'objects'

export interface OfflineOptions {
  readonly input: OfflineInput
  readonly pipeline: Pipeline
  readonly redactor: Redactor
  /** The name that events get as their cluster. */
  readonly cluster: string
  readonly nowMs: number
  /** Of objects: where their time stands, as the rule set has it. */
  readonly timeField?: string | undefined
  /** Tell what came of matches alone: the events of a window need not be kept. Default: no. */
  readonly leavesMatchesOut?: boolean
  /** Remember where the events of correlations stand, which costs the id of each. Default: no. */
  readonly notesPlaces?: boolean
}

export interface OfflineFile {
  read(): AsyncIterable<Uint8Array>
  /** It is read to its end only when its turn comes: many files are not open at once. */
  readonly canReadAgain: boolean
}

/** Evaluates inputs as the service would one stream. */
export interface Offline {
  /**
   * Splits, redacts and evaluates a stream of bytes window by window, in memory that does not grow with it.
   * The exports of managed clusters (EKS, AKS, GKE) are told by their content and unwrapped.
   */
  evaluate(input: AsyncIterable<Uint8Array>): AsyncGenerator<OfflineResult>
  /**
   * The same of several at once, side by side in the order of time: the files of several API servers of a cluster, or one
   * after the other of one. `source` is the place of the input; matches have the number of the item within it. Of one that
   * cannot be read on, the error is told, and the others go on.
   */
  evaluateTogether(
    inputs: readonly OfflineFile[],
  ): AsyncGenerator<{ readonly source: number } & (OfflineResult | { readonly error: unknown })>
  /** Nothing comes any more: what was open is over. */
  close(): OfflineFindings
}

export function createOffline(options: OfflineOptions): Offline {
  const { input: kind, pipeline } = options
  const places = options.notesPlaces === true ? createPlaces(pipeline.ruleSet) : undefined
  let nextIndex = 0

  const found = (findings: Findings): Pick<OfflineFindings, 'correlations' | 'alerts'> => ({
    alerts: findings.alerts,
    correlations: findings.correlations.map((match) => ({
      match,
      index: places?.indexOf(match.event.id),
    })),
  })
  const windowOf = (split: SplitChunk, unwrap: Unwrapper): OfflineWindow => {
    const { chunk, otherRecords } =
      kind === 'events' ? unwrap(split) : { chunk: split, otherRecords: 0 }
    const rejected = rejectedItems(options.cluster, chunk, options.nowMs, options.redactor)
    const batch = kind === 'events' ? redactedBatch(chunk, options) : objectBatch(chunk, options)
    const { count, timesUs } = batch.index
    return { batch, count, timesUs, rejected, otherRecords }
  }
  async function* windowsOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<OfflineWindow> {
    const splitter = createSplitter({ accepts: kind === 'events' ? 'exports' : 'objects' })
    const unwrap = createUnwrapper()
    const isOfUse = (window: OfflineWindow): boolean =>
      window.count > 0 || window.rejected.length > 0 || window.otherRecords > 0
    for await (const bytes of input) {
      const window = windowOf(splitter.push(bytes), unwrap)
      if (isOfUse(window)) yield window
    }
    yield windowOf(splitter.end(), unwrap)
  }
  /** Looks at the beginning of a file for its time. What cannot be read is told when its turn comes. */
  const sourceOf = async (input: OfflineFile): Promise<TimedSource<OfflineWindow>> => {
    const source = { windows: timed(windowsOf(input.read())) }
    if (!input.canReadAgain) return source
    try {
      for await (const { timesUs } of timed(windowsOf(input.read()))) {
        const startUs = timesUs.find((timeUs) => timeUs > 0)
        if (startUs !== undefined) return { ...source, startUs }
      }
    } catch {
      return source
    }
    return source
  }
  /** Of a window's items those from one to before another; what else it holds is told with the first. */
  const evaluateStretch = (
    { batch: whole, rejected: told, otherRecords }: OfflineWindow,
    from: number,
    to: number,
    firstIndex: number,
  ): OfflineResult => {
    const rejected = from === 0 ? told : []
    const others = from === 0 ? otherRecords : 0
    if (to === from) return { ...nothing, events: 0, rejected, otherRecords: others, timeless: 0 }
    const batch = { ...whole, index: sliceIndex(whole.index, from, to) }
    const matches: OfflineMatch[] = []
    const note = (all: readonly RuleMatch[]): void => {
      for (const match of all) {
        const found = { match, index: firstIndex + match.itemNumber }
        places?.note(found)
        matches.push(found)
      }
    }
    const findings = pipeline.process(batch, options.leavesMatchesOut === true ? undefined : note)
    const undecodable = findings.undecodable.map(({ item, error }) =>
      undecodableItem(batch, item, error),
    )
    return {
      matches,
      ...found(findings),
      events: to - from,
      rejected: [...rejected, ...undecodable],
      otherRecords: others,
      timeless: batch.index.timesUs.filter((timeUs) => timeUs === 0).length,
    }
  }

  return {
    async *evaluate(input) {
      for await (const window of windowsOf(input)) {
        yield evaluateStretch(window, 0, window.count, nextIndex)
        nextIndex += window.count
      }
    },
    async *evaluateTogether(inputs) {
      const nextIndexes = inputs.map(() => 0)
      const sources: TimedSource<OfflineWindow>[] = []
      for (const input of inputs)
        sources.push(
          inputs.length > 1 ? await sourceOf(input) : { windows: windowsOf(input.read()) },
        )
      for await (const stretch of mergedByTime(sources)) {
        const { source } = stretch
        if ('error' in stretch) {
          yield { source, error: stretch.error }
          continue
        }
        const { window, from, to } = stretch
        const firstIndex = nextIndexes[source] ?? 0
        yield { source, ...evaluateStretch(window, from, to, firstIndex) }
        nextIndexes[source] = firstIndex + to - from
      }
    },
    close: () => ({ matches: [], ...found(pipeline.close()) }),
  }
}

type Unwrapper = ReturnType<typeof createUnwrapper>

/** What one stretch of an input holds. */
interface OfflineWindow extends TimedWindow {
  readonly batch: EventBatch
  readonly rejected: readonly RejectedItem[]
  readonly otherRecords: number
}

/** With the times that are not told from the bytes. */
async function* timed(windows: AsyncIterable<OfflineWindow>): AsyncGenerator<OfflineWindow> {
  for await (const window of windows) {
    const { batch } = window
    const timesUs = window.timesUs.map((timeUs, item) =>
      timeUs > 0 ? timeUs : knownTimeOf(batch, item),
    )
    yield { ...window, timesUs }
  }
}

/** 0 for what cannot be decoded, which is told when it is evaluated. */
function knownTimeOf(batch: EventBatch, item: number): number {
  try {
    return timeOf(decodeItem(batch, item))
  } catch {
    return 0
  }
}

const nothing: OfflineFindings = { matches: [], correlations: [], alerts: [] }
