import type { Reservation } from './budget.ts'

const slabBytes = 256 * 1024

export type AppendResult = 'taken' | 'tooLarge' | 'noRoom'

/**
 * Bytes in slabs, each paid for from the reservation before it is allocated. Copies chunks, so that a body of
 * one-byte chunks costs no more than its bytes, and so that the result shares memory with nobody.
 */
export interface BodyBuffer {
  append(chunk: Uint8Array): AppendResult
  /** All bytes in one piece; without copying when one slab was enough. Call once. */
  take(): Uint8Array
}

export interface BodyBufferOptions {
  readonly reservation: Reservation
  /** First slab, which the reservation holds already. */
  readonly expectedBytes: number
  readonly limitBytes: number
}

export function createBodyBuffer(options: BodyBufferOptions): BodyBuffer {
  const { reservation, expectedBytes, limitBytes } = options
  const full: Uint8Array[] = []
  let slab: Uint8Array = new Uint8Array(0)
  let used = 0
  let fullBytes = 0
  let paidBytes = expectedBytes

  /** Slabs double up to a point: a small body shall not cost a large one's slab. */
  function nextSlab(): boolean {
    const size =
      paidBytes > 0 ? paidBytes : Math.min(slabBytes * 4, Math.max(slabBytes, fullBytes + used))
    if (paidBytes === 0 && !reservation.grow(size)) return false
    paidBytes = 0
    if (used > 0) full.push(slab)
    fullBytes += used
    // Unpooled: the bytes may be handed to another thread as a whole.
    slab = Buffer.allocUnsafeSlow(size)
    used = 0
    return true
  }

  return {
    append(chunk) {
      if (fullBytes + used + chunk.length > limitBytes) return 'tooLarge'
      let rest = chunk
      while (rest.length > 0) {
        if (used === slab.length && !nextSlab()) return 'noRoom'
        const part = rest.subarray(0, slab.length - used)
        slab.set(part, used)
        used += part.length
        rest = rest.subarray(part.length)
      }
      return 'taken'
    },
    take() {
      if (full.length === 0) return used === slab.length ? slab : trimmed(slab, used)
      const bytes = Buffer.allocUnsafeSlow(fullBytes + used)
      let at = 0
      for (const part of full) {
        bytes.set(part, at)
        at += part.length
      }
      bytes.set(slab.subarray(0, used), at)
      return bytes
    },
  }
}

function trimmed(slab: Uint8Array, used: number): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(used)
  bytes.set(slab.subarray(0, used))
  return bytes
}
