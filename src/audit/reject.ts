/** Why an item was kept aside, with the sentence that people read. The key is a metric label and the alert API's `reason`. */
export const rejectReasons = {
  invalid_json: 'These bytes are not valid JSON.',
  invalid_utf8: 'These bytes are not valid UTF-8.',
  too_deep: 'The item is nested deeper than the limit.',
  too_large: 'The item is larger than the limit; only its beginning is kept.',
  truncated: 'The input ends, or another document begins, inside this one.',
  not_an_object: 'The item is valid JSON, but not an object.',
  not_an_event: 'The item is an object, but not an audit event.',
} as const

export type RejectReason = keyof typeof rejectReasons

/** A piece that is no item, to be kept aside. */
export interface SplitReject {
  readonly reason: RejectReason
  /** Where it begins in the whole input. */
  readonly offset: number
  /** Where it lies in the chunk's `bytes`. Empty when the input was cut between two items. */
  readonly start: number
  readonly end: number
  /** A constant English sentence. */
  readonly message: string
}
