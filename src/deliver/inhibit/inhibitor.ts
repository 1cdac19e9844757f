import { z } from 'zod'
import type { Alert, Remembering, StateChange } from '../../contracts.ts'
import { RecencyMap } from '../../util/recency-map.ts'
import { type AlertLabels, alertLabelsSchema, labelsOf, labelText } from '../route/labels.ts'
import { compileMatch } from '../route/match.ts'
import type { InhibitConfig } from './config.ts'

/** Knows the sources that are open, from all alerts that pass one sink. Saved with the sink's cursor. */
export interface Inhibitor extends Remembering {
  /** Notes the sources among alerts that came, those that are closed with them too: they were open a moment ago. */
  open(alerts: readonly Alert[], nowMs: number): void
  /** Forgets the sources that these alerts say are closed. */
  close(alerts: readonly Alert[]): void
  /** True when another alert that is open speaks for this one. */
  inhibits(alert: Alert, nowMs: number): boolean
}

export const inhibitPrefix = 'inhibit/'

/** An alarm of the service is never closed, nor an alert whose end retention has taken: no source counts for longer. */
const maxAgeMs = 24 * 3_600_000

const sourceSchema = z.strictObject({ labels: alertLabelsSchema, seenMs: z.number() })

interface Source {
  readonly labels: AlertLabels
  readonly seenMs: number
}

export function createInhibitor(config: InhibitConfig, maxSources = 10_000): Inhibitor {
  const rules = config.map(({ source, target, equal }) => ({
    isSource: compileMatch(source),
    isTarget: compileMatch(target),
    equal,
  }))
  const sources = new RecencyMap<string, Source>()
  const changed = new Set<string>()
  const forget = (id: string): void => {
    if (sources.delete(id)) changed.add(id)
  }
  const speaksFor = (source: AlertLabels, target: AlertLabels): boolean =>
    rules.some(({ equal, isSource, isTarget }) => {
      if (!isTarget(target) || !isSource(source)) return false
      if (equal.some((label) => labelText(source, label) !== labelText(target, label))) return false
      // Alerts that are both would silence each other.
      return !(isSource(target) && isTarget(source))
    })

  return {
    open: (alerts, nowMs) => {
      for (const alert of alerts) {
        const labels = labelsOf(alert)
        if (!rules.some(({ isSource }) => isSource(labels))) {
          forget(alert.id)
          continue
        }
        sources.put(alert.id, { labels, seenMs: nowMs })
        changed.add(alert.id)
        const oldest = sources.oldest()
        if (sources.size > maxSources && oldest !== undefined) forget(oldest[0])
      }
    },
    close: (alerts) => {
      for (const { id, status } of alerts) if (status === 'closed') forget(id)
    },
    inhibits: (alert, nowMs) => {
      const labels = labelsOf(alert)
      if (!rules.some(({ isTarget }) => isTarget(labels))) return false
      for (const [id, source] of sources.entries()) {
        if (nowMs - source.seenMs >= maxAgeMs) forget(id)
        else if (id !== alert.id && speaksFor(source.labels, labels)) return true
      }
      return false
    },
    restore: (records) => {
      for (const { key, value } of records) {
        const id = key.slice(inhibitPrefix.length)
        const source = parseSource(value)
        if (source !== undefined && rules.some(({ isSource }) => isSource(source.labels)))
          sources.put(id, source)
        else changed.add(id)
      }
    },
    takeChanges: () => {
      const changes = [...changed].map((id): StateChange => {
        const source = sources.get(id)
        return {
          key: `${inhibitPrefix}${id}`,
          value: source && Buffer.from(JSON.stringify(source)),
        }
      })
      changed.clear()
      return changes
    },
  }
}

function parseSource(value: Uint8Array): Source | undefined {
  try {
    return sourceSchema.safeParse(JSON.parse(Buffer.from(value).toString('utf8'))).data
  } catch {
    return undefined
  }
}
