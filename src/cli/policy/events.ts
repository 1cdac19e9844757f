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

/** Items without events that are listed; beyond them they are counted. */
const maxListed = 20

/**
 * The events of some files, one after the other, with progress on a terminal. What cannot be decoded is passed over and said on
 * standard error, with file and offset.
 */
export async function* recordedEvents(
  files: readonly string[],
  context: CliContext,
): AsyncGenerator<RecordedEvent> {
  const progress = createProgress(context)
  let rejected = 0
  for (const file of files) {
    const splitter = createSplitter()
    const input = openInput(file, {
      stdin: context.stdin,
      onProgress: ({ bytesRead, totalBytes }) => progress.show(file, bytesRead, totalBytes),
      reusesMemory: true,
    })
    const eventsOf = async function* (chunk: SplitChunk): AsyncGenerator<RecordedEvent> {
      for (const item of chunk.rejects) {
        rejected += 1
        const place = { ...item, bytes: item.end - item.start }
        if (rejected <= maxListed) await write(context.stderr, rejectedLine(file, place))
      }
      yield* itemsOf(chunk)
    }
    for await (const bytes of input) yield* eventsOf(splitter.push(bytes))
    yield* eventsOf(splitter.end())
  }
  progress.clear()
  if (rejected > 0)
    await write(context.stderr, `${rejected} items are no events and were left out\n`)
}

function* itemsOf(chunk: SplitChunk): Generator<RecordedEvent> {
  const batch = { cluster: '', sender: '', receivedAtMs: 0, bytes: chunk.bytes, index: chunk.items }
  for (let i = 0; i < chunk.items.count; i++) {
    const { starts, ends } = chunk.items
    yield { raw: decodeItem(batch, i), bytes: (ends[i] ?? 0) - (starts[i] ?? 0) }
  }
}
