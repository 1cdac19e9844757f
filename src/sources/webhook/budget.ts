/** Bodies up to this size are small: 400 events of a Kubernetes-only cluster at Metadata level are 450 KB. */
const smallBodyBytes = 1024 * 1024

/** What one body holds of the budget. */
export interface Reservation {
  /** Takes `bytes` more; false (and nothing taken) when there is no room. */
  grow(bytes: number): boolean
  /** Gives everything back. Idempotent. */
  release(): void
}

/** Bytes of bodies in memory, all senders together. */
export interface InFlightBudget {
  /** Undefined when there is no room for `bytes` now. */
  reserve(sender: string, bytes: number): Reservation | undefined
  readonly usedBytes: number
}

export interface BudgetOptions {
  readonly totalBytes: number
  readonly maxBodyBytes: number
  readonly onChange: (usedBytes: number) => void
}

/**
 * A quarter of all, and an eighth beside each sender's share, is open to small bodies only. So one sender that
 * holds many or large bodies keeps neither other senders out, nor its own ordinary batches behind its large ones.
 */
export function createInFlightBudget(options: BudgetOptions): InFlightBudget {
  const { totalBytes, maxBodyBytes, onChange } = options
  // A gzip body is held in both forms for a while.
  const largeShare = Math.max(maxBodyBytes * 1.25, (totalBytes * 3) / 8)
  const usedBySender = new Map<string, number>()
  let usedBytes = 0

  function take(sender: string, bytes: number, isSmall: boolean): boolean {
    const ofSender = (usedBySender.get(sender) ?? 0) + bytes
    if (usedBytes + bytes > totalBytes - (isSmall ? 0 : totalBytes / 4)) return false
    if (ofSender > largeShare + (isSmall ? totalBytes / 8 : 0)) return false
    add(sender, bytes)
    return true
  }

  function add(sender: string, bytes: number): void {
    const ofSender = (usedBySender.get(sender) ?? 0) + bytes
    if (ofSender === 0) usedBySender.delete(sender)
    else usedBySender.set(sender, ofSender)
    usedBytes += bytes
    onChange(usedBytes)
  }

  return {
    get usedBytes() {
      return usedBytes
    },
    reserve(sender, bytes) {
      if (!take(sender, bytes, bytes <= smallBodyBytes)) return undefined
      let held = bytes
      return {
        grow(more) {
          if (!take(sender, more, held + more <= smallBodyBytes)) return false
          held += more
          return true
        },
        release() {
          add(sender, -held)
          held = 0
        },
      }
    },
  }
}
