import { z } from 'zod'
import type { Alert, Remembering } from '../../contracts.ts'
import { createSavedMap } from '../../util/saved-map.ts'
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

/** `config` gives the rules as they are now: a reload changes them. */
export function createInhibitor(config: () => InhibitConfig, maxSources = 10_000): Inhibitor {
  let compiledFrom: InhibitConfig | undefined
  let rules: readonly CompiledRule[] = []
  const currentRules = (): readonly CompiledRule[] => {
    const current = config()
    if (current !== compiledFrom) rules = current.map(compileRule)
    compiledFrom = current
    return rules
  }
  const isAnySource = (labels: AlertLabels): boolean =>
    currentRules().some(({ isSource }) => isSource(labels))
  const sources = createSavedMap(inhibitPrefix, parseSource)
  const speaksFor = (source: AlertLabels, target: AlertLabels): boolean =>
    currentRules().some(({ equal, isSource, isTarget }) => {
      if (!isTarget(target) || !isSource(source)) return false
      if (equal.some((label) => labelText(source, label) !== labelText(target, label))) return false
      // Alerts that are both would silence each other.
      return !(isSource(target) && isTarget(source))
    })

  return {
    open: (alerts, nowMs) => {
      for (const alert of alerts) {
        const labels = labelsOf(alert)
        if (!isAnySource(labels)) {
          sources.delete(alert.id)
          continue
        }
        sources.put(alert.id, { labels, seenMs: nowMs })
        const oldest = sources.oldest()
        if (sources.size > maxSources && oldest !== undefined) sources.delete(oldest[0])
      }
    },
    close: (alerts) => {
      for (const { id, status } of alerts) if (status === 'closed') sources.delete(id)
    },
    inhibits: (alert, nowMs) => {
      const labels = labelsOf(alert)
      if (!currentRules().some(({ isTarget }) => isTarget(labels))) return false
      for (const [id, source] of sources.entries()) {
        if (nowMs - source.seenMs >= maxAgeMs) sources.delete(id)
        else if (id !== alert.id && speaksFor(source.labels, labels)) return true
      }
      return false
    },
    restore: (records) => {
      sources.restore(records)
      for (const [id, { labels }] of sources.entries()) if (!isAnySource(labels)) sources.delete(id)
    },
    takeChanges: sources.takeChanges,
  }
}

interface CompiledRule {
  readonly isSource: (labels: AlertLabels) => boolean
  readonly isTarget: (labels: AlertLabels) => boolean
  readonly equal: InhibitConfig[number]['equal']
}

function compileRule({ equal, source, target }: InhibitConfig[number]): CompiledRule {
  return { isSource: compileMatch(source), isTarget: compileMatch(target), equal }
}

function parseSource(json: unknown): Source | undefined {
  return sourceSchema.safeParse(json).data
}
