/** What of kafkajs's request queue is touched. */
interface RequestQueue {
  readonly throttledUntil: number
  readonly pending: readonly unknown[]
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  scheduleCheckPendingRequests?: () => void
}

const checkEveryMs = 10
const mended = Symbol('mended')

/**
 * kafkajs 2.2.4 looks at its queue every millisecond for as long as a connection lives, with a timeout in the past when
 * it is not throttled: 5 % of a core and a `TimeoutNegativeWarning` for nothing. Looked at only while something waits.
 */
export function mendRequestQueue(queueClass: { readonly prototype: object }): void {
  // The class of the pinned version has these members; the test sees that it still does.
  const prototype = queueClass.prototype as RequestQueue & { [mended]?: true }
  if (prototype[mended]) return
  prototype[mended] = true
  prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null) return
    const throttledMs = this.throttledUntil - Date.now()
    if (this.pending.length === 0 && throttledMs <= 0) return
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null
        this.checkPendingRequests()
      },
      throttledMs > 0 ? throttledMs : checkEveryMs,
    )
  }
}
