import type { Alert } from '../contracts.ts'

/** DEL and C1 controls, invisible and direction-changing characters, line and paragraph separators. */
const unsafeOnTerminals =
  /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/**
 * One alert as one line of JSON, without the newline. What JSON leaves as it is but a terminal or a text viewer would
 * obey is escaped too, so that no user name can forge or hide a line; a JSON parser gives back the same value.
 */
export function alertLine(alert: Alert): string {
  return JSON.stringify(alert).replace(
    unsafeOnTerminals,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
