import { constants, createGunzip } from 'node:zlib'
import { type AppendResult, createBodyBuffer } from './body-buffer.ts'
import type { Reservation } from './budget.ts'
import type { ReadResult } from './read-body.ts'

export interface GunzipOptions {
  readonly reservation: Reservation
  readonly limitBytes: number
  readonly signal: AbortSignal
}

/**
 * Decompresses a gzip body (RFC 1952) as a stream that stops at the limit or when the budget has no room.
 * Content is never refused: what is broken or cut short gives as much text as came out, and what is not gzip at
 * all is taken as it is. Never rejects.
 */
export async function gunzipBody(body: Uint8Array, options: GunzipOptions): Promise<ReadResult> {
  const { reservation, limitBytes, signal } = options
  if (body[0] !== 0x1f || body[1] !== 0x8b) return { kind: 'complete', bytes: body }
  const statedBytes = statedLength(body)
  // What says to be too large is only counted, so that a bomb takes no memory; a cut body may say it wrongly.
  if (statedBytes > limitBytes && (await isLonger(body, limitBytes, signal)))
    return { kind: 'tooLarge', bytes: statedBytes, limitBytes }
  const expectedBytes = statedBytes > limitBytes ? 0 : statedBytes
  if (!reservation.grow(expectedBytes)) return { kind: 'noRoom' }
  const output = createBodyBuffer({ reservation, expectedBytes, limitBytes })
  let result: AppendResult = 'taken'
  await inflate(body, signal, (chunk) => {
    result = output.append(chunk)
    return result === 'taken'
  })
  // The callback has changed it, which the compiler does not see.
  switch (result as AppendResult) {
    case 'tooLarge':
      return { kind: 'tooLarge', bytes: limitBytes + 1, limitBytes }
    case 'noRoom':
      return { kind: 'noRoom' }
    case 'taken':
      return signal.aborted ? { kind: 'timedOut' } : { kind: 'complete', bytes: output.take() }
  }
}

async function isLonger(
  body: Uint8Array,
  limitBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  let bytes = 0
  await inflate(body, signal, (chunk) => {
    bytes += chunk.length
    return bytes <= limitBytes
  })
  return bytes > limitBytes
}

/** Gives output to `onChunk` until it returns false, the signal aborts, or the body ends or turns out to be broken. */
async function inflate(
  body: Uint8Array,
  signal: AbortSignal,
  onChunk: (chunk: Uint8Array) => boolean,
): Promise<void> {
  // With this flush a body that was cut short gives all its text instead of an error.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
  const onAbort = () => gunzip.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    gunzip.end(body)
    for await (const chunk of gunzip) {
      // A zlib stream without an encoding yields buffers.
      if (signal.aborted || !onChunk(chunk as Uint8Array)) break
    }
  } catch {
    // Damaged: what came out so far is the content.
  } finally {
    signal.removeEventListener('abort', onAbort)
    gunzip.destroy()
  }
}

/** ISIZE, the last four bytes: the length before compression, if there is one member and nobody lies. */
function statedLength(body: Uint8Array): number {
  if (body.length < 18) return 0
  const bytes = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(
    body.length - 4,
    true,
  )
  return bytes > body.length * bestRatio ? 0 : bytes
}

/** Deflate cannot do better than 1032 to 1: a trailer that claims more is no length. */
const bestRatio = 1033
