import type { AuditEvent, EventBatch } from '../contracts.ts'

/** How far event time has come with a batch, told no sooner than something is due, or somebody asks how late it is. */
export interface EventTime {
  /** From now on it is about this batch. */
  open(batch: Pick<EventBatch, 'cluster' | 'sender'>, receivedAtMs: number): void
  /** `event`: one whose matches were accepted, which may have made something due. */
  reach(timeUs: number, event: AuditEvent | undefined): void
  /** All that was reached is told. */
  catchUp(event?: AuditEvent): void
}

/** A time that a sender has reached, with the event that was accepted last, if it is of that time. */
export interface ReachedTime {
  readonly cluster: string
  readonly sender: string
  readonly timeUs: number
  readonly receivedAtMs: number
  readonly event: AuditEvent | undefined
}

/** `tell` gives the time up to which nothing is due. */
export function createEventTime(tell: (reached: ReachedTime) => number): EventTime {
  let cluster = ''
  let sender = ''
  let receivedAtMs = 0
  let highestUs = 0
  let toldUs = 0
  let quietUntilUs = Number.NEGATIVE_INFINITY
  const catchUp = (event?: AuditEvent): void => {
    if (toldUs === highestUs) return
    toldUs = highestUs
    quietUntilUs = tell({ cluster, sender, timeUs: highestUs, receivedAtMs, event })
  }
  return {
    open: (batch, receivedAt) => {
      cluster = batch.cluster
      sender = batch.sender
      receivedAtMs = receivedAt
      highestUs = 0
      toldUs = 0
      quietUntilUs = Number.NEGATIVE_INFINITY
    },
    reach: (timeUs, event) => {
      if (event !== undefined) quietUntilUs = Number.NEGATIVE_INFINITY
      if (timeUs <= highestUs) return
      highestUs = timeUs
      if (timeUs > quietUntilUs) catchUp(event)
    },
    catchUp,
  }
}
