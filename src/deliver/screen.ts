import type { Alert, Level } from '../contracts.ts'
import type { GroupSettings } from './group/config.ts'
import type { Inhibitor } from './inhibit/inhibitor.ts'
import { type AlertLabels, labelsOf } from './route/labels.ts'
import { reaches } from './route/match.ts'
import type { FindRoute } from './route/routes.ts'

/** Why a sink is not told of a revision; the reasons of `kubewitness_notifications_suppressed_total`. */
export type Suppression =
  /** Below the minimum level of the sink. */
  | 'level'
  /** No route leads from the alert to the sink. */
  | 'route'
  | 'silenced'
  | 'inhibited'
  /** While it waited for its group, the alert went on. */
  | 'superseded'
  /** Retention took it while it waited for its group. */
  | 'expired'
  /** The sink tells people only what is new, and that is not. */
  | 'no_news'

/** The silence that is in force for an alert of these labels at the time. */
export type SilencedBy = (labels: AlertLabels, atMs: number) => { readonly id: string } | undefined

export interface ScreenOptions {
  readonly sink: string
  readonly minimumLevel: Level
  readonly findRoute: FindRoute
  readonly silencedBy: SilencedBy
}

/** Decides which alerts one sink is told. */
export interface Screen {
  /** By what way the alert comes to the sink, whatever is silent now; or why it does not. */
  wayOf(alert: Alert): Suppression | { readonly group: GroupSettings | undefined }
  /** Why the sink is not told at this moment. */
  mutedBy(alert: Alert, nowMs: number): Suppression | undefined
}

export function createScreen(
  { findRoute, minimumLevel, silencedBy, sink }: ScreenOptions,
  inhibitor: Inhibitor,
): Screen {
  return {
    wayOf: (alert) => {
      const labels = labelsOf(alert)
      if (!reaches(labels, minimumLevel)) return 'level'
      const route = findRoute(sink, labels)
      return route === undefined ? 'route' : { group: route.group }
    },
    mutedBy: (alert, nowMs) => {
      const labels = labelsOf(alert)
      if (findRoute(sink, labels)?.mute === false) return undefined
      if (inhibitor.inhibits(alert, nowMs)) return 'inhibited'
      return silencedBy(labels, nowMs) === undefined ? undefined : 'silenced'
    },
  }
}
