/**
 * One batch for one partition: a broker takes or refuses it whole, at a megabyte unless it is told otherwise, so it is cut
 * here. One message alone may be larger.
 */
const batchBytes = 900 * 1024
/** What a message takes besides its key and value, at most. */
const overheadBytes = 64

/** Messages are numbered for each producer and partition; the numbers have 31 bits, and begin anew then. */
export function nextSequence(sequence: number, messages: number): number {
  return (sequence + messages) % 2 ** 31
}

/** How many of the messages, from the first on, fit into one batch: one at least, if there are any. */
export function fittingIntoBatch<T>(
  messages: readonly T[],
  bytesOf: (message: T) => number,
): number {
  let bytes = 0
  const end = messages.findIndex((message, place) => {
    bytes += bytesOf(message) + overheadBytes
    return bytes > batchBytes && place > 0
  })
  return end === -1 ? messages.length : end
}
