import type { Alert } from '../contracts.ts'
import { visibleText } from '../util/visible-text.ts'

/**
 * One alert as one line of JSON, without the newline. What JSON leaves as it is but a terminal or a text viewer would
 * obey is escaped too, so that no user name can forge or hide a line; a JSON parser gives back the same value.
 */
export function alertLine(alert: Alert): string {
  return visibleText(JSON.stringify(alert))
}
