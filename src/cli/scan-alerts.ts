import type { Alert } from '../contracts.ts'
import { toAlert } from '../detect/alert.ts'
import type { RuleMatch } from '../detect/match.ts'

/** Beyond it the oldest alert is given out: an input of any size is scanned in bounded memory. */
const maxOpenAlerts = 20_000

/** Puts matches of the same alert together (the stages of one request), and gives each alert out once, its events complete. */
export function createAlertCollection(give: (alert: Alert) => Promise<void>): {
  add(match: RuleMatch): Promise<void>
  flush(): Promise<void>
} {
  const open = new Map<string, Alert>()
  return {
    add: async (match) => {
      const alert = toAlert(match)
      const known = open.get(alert.id)
      open.set(alert.id, known === undefined ? alert : merge(known, alert))
      if (open.size <= maxOpenAlerts) return
      const [oldest] = open
      if (oldest === undefined) return
      open.delete(oldest[0])
      await give(oldest[1])
    },
    flush: async () => {
      for (const alert of open.values()) await give(alert)
      open.clear()
    },
  }
}

function merge(known: Alert, again: Alert): Alert {
  const added = again.events.filter((event) => !known.events.some(({ id }) => id === event.id))
  if (added.length === 0) return known
  return {
    ...known,
    events: [...known.events, ...added],
    firstSeen: inOrder(known.firstSeen, again.firstSeen)[0],
    lastSeen: inOrder(known.lastSeen, again.lastSeen)[1],
  }
}

/** Two RFC 3339 times of the same form, the earlier first. */
function inOrder(a: string, b: string): readonly [string, string] {
  return a.localeCompare(b) <= 0 ? [a, b] : [b, a]
}
