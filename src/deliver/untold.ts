import type { Alert, Remembering } from '../contracts.ts'
import { createSavedMap } from '../util/saved-map.ts'

/** The alerts of which a sink was not told something because they were silenced or inhibited. Saved with its cursor. */
export interface Untold extends Remembering {
  note(alert: Alert): void
  /** The alert as the sink is to see it: it says so when the sink was not told of it before. */
  mark(alert: Alert): Alert
  /** The sink knows of it now. */
  told(alert: Alert): void
}

export const untoldPrefix = 'untold/'

/** The oldest of more are forgotten. */
export function createUntold(maxAlerts = 10_000): Untold {
  const untold = createSavedMap(untoldPrefix, (json) => (json === 1 ? 1 : undefined))
  return {
    restore: untold.restore,
    takeChanges: untold.takeChanges,
    note: ({ id, status }) => {
      if (status === 'closed') untold.delete(id)
      else if (untold.get(id) === undefined) untold.put(id, 1)
      const oldest = untold.oldest()
      if (untold.size > maxAlerts && oldest !== undefined) untold.delete(oldest[0])
    },
    mark: (alert) => (untold.get(alert.id) === undefined ? alert : { ...alert, resumed: true }),
    told: ({ id }) => {
      untold.delete(id)
    },
  }
}
