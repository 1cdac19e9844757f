/** What can be read of one source at a time: items in their order, each with a time in microseconds, 0 if it has none. */
export interface TimedWindow {
  readonly count: number
  readonly timesUs: Float64Array
}

export interface TimedSource<W> {
  readonly windows: AsyncIterable<W>
  /** When it begins, if that is known: before its turn nothing of it is read. */
  readonly startUs?: number | undefined
}

/** Some items of a window that come next, or why a source cannot be read on. */
export type Stretch<W> =
  | {
      readonly source: number
      readonly window: W
      readonly from: number
      readonly to: number
    }
  | { readonly source: number; readonly error: unknown }

/** Items so close to one another may come in any order: fewer, longer stretches. */
const togetherUs = 1_000_000

interface Reader<W> {
  readonly source: number
  readonly windows: AsyncIterator<W>
  window: W | undefined
  /** The next item of the window. */
  next: number
  /** Its time; of one without, that of the one before. */
  headUs: number
  /** It waits for its turn, unread. */
  isWaiting: boolean
}

/**
 * Reads several sources side by side, in the order of their times as far as each is in order by itself: the logs of
 * several API servers of a cluster become one stream. A window without items comes as an empty stretch.
 */
export async function* mergedByTime<W extends TimedWindow>(
  sources: readonly TimedSource<W>[],
): AsyncGenerator<Stretch<W>> {
  const readers = new Set<Reader<W>>()
  for (const [source, { windows, startUs }] of sources.entries())
    readers.add({
      source,
      windows: windows[Symbol.asyncIterator](),
      window: undefined,
      next: 0,
      headUs: startUs ?? 0,
      isWaiting: startUs !== undefined,
    })
  try {
    for (;;) {
      for (const reader of readers) {
        while (reader.window === undefined && !reader.isWaiting && readers.has(reader)) {
          const found = await nextWindow(reader)
          if (found.isEnd) readers.delete(reader)
          if (found.stretch !== undefined) yield found.stretch
        }
      }
      const [first, second] = [...readers].toSorted(
        (a, b) => a.headUs - b.headUs || a.source - b.source,
      )
      if (first === undefined) return
      if (first.isWaiting) {
        first.isWaiting = false
        continue
      }
      const untilUs = second === undefined ? Number.POSITIVE_INFINITY : second.headUs + togetherUs
      yield take(first, untilUs)
    }
  } finally {
    for (const { windows } of readers) await windows.return?.()
  }
}

/** Reads on in one source. An empty window is told at once, and so is that it cannot be read. */
async function nextWindow<W extends TimedWindow>(
  reader: Reader<W>,
): Promise<{ readonly isEnd: boolean; readonly stretch?: Stretch<W> }> {
  const { source, windows } = reader
  try {
    const { done, value } = await windows.next()
    if (done === true) return { isEnd: true }
    if (value.count === 0)
      return { isEnd: false, stretch: { source, window: value, from: 0, to: 0 } }
    reader.window = value
    reader.next = 0
    reader.headUs = value.timesUs[0] || reader.headUs
    return { isEnd: false }
  } catch (error) {
    return { isEnd: true, stretch: { source, error } }
  }
}

/** The next item at least, and those behind it that are not later than `untilUs`. */
function take<W extends TimedWindow>(reader: Reader<W>, untilUs: number): Stretch<W> {
  const { source, window, next: from } = reader
  if (window === undefined) throw new Error('There is no window to take from')
  let to = from
  do {
    to += 1
    if (to === window.count) break
    reader.headUs = window.timesUs[to] || reader.headUs
  } while (reader.headUs <= untilUs)
  reader.next = to
  if (to === window.count) reader.window = undefined
  return { source, window, from, to }
}
