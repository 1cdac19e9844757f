import { toAlert } from './alert.ts'
import type { Alerting } from './pipeline.ts'

/** An alert for each match of a rule; it remembers nothing. */
export function createAlertPerMatch(): Alerting {
  return {
    accept: (matches) => matches.flatMap((match) => ('events' in match ? [] : [toAlert(match)])),
    advance: () => [],
    close: () => [],
    takeChanges: () => [],
    restore: () => undefined,
  }
}
