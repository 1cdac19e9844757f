import { decodeItem } from '../../audit/event.ts'
import { createSplitter, type SplitChunk } from '../../audit/split.ts'
import { openInput } from '../../sources/file/open-input.ts'
import { type CliContext, write } from '../context.ts'
import { createProgress } from '../progress.ts'
import { rejectedLine } from '../scan-report.ts'

/** One recorded event, and its size as it stands in the file. */
export interface RecordedEvent {
  readonly raw: Readonly<Record<string, unknown>>
  readonly bytes: number
}

/** The events of some files, one after the other. What cannot be decoded is counted by `onRejected`. */
export async function* recordedEvents(
  files: readonly string[],
  context: CliContext,
  onRejected: (count: number) => void,
): AsyncGenerator<RecordedEvent> {
  for (const file of files) {
    const splitter = createSplitter()
    const input = openInput(file, { stdin: context.stdin, onProgress: () => undefined })
    for await (const bytes of input) yield* eventsOf(splitter.push(bytes), onRejected)
    yield* eventsOf(splitter.end(), onRejected)
  }
}

function* eventsOf(
  chunk: SplitChunk,
  onRejected: (count: number) => void,
): Generator<RecordedEvent> {
  if (chunk.rejects.length > 0) onRejected(chunk.rejects.length)
  const batch = { cluster: '', receivedAtMs: 0, bytes: chunk.bytes, index: chunk.items }
  for (let i = 0; i < chunk.items.count; i++) {
    const { starts, ends } = chunk.items
    yield { raw: decodeItem(batch, i), bytes: (ends[i] ?? 0) - (starts[i] ?? 0) }
  }
}
