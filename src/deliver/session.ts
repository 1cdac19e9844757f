import type { Alert, Clock, Log, Metrics, Sink } from '../contracts.ts'
import { createGroups, type Groups, groupsPrefix } from './group/groups.ts'
import type { InhibitConfig } from './inhibit/config.ts'
import { createInhibitor, inhibitPrefix } from './inhibit/inhibitor.ts'
import { restoreState, type SavedState } from './saved-state.ts'
import { createScreen, type ScreenOptions, type Suppression } from './screen.ts'
import type { Item, Writer } from './write.ts'

export interface SessionOptions extends ScreenOptions {
  readonly log: Log
  readonly topic: string
  /** Whose cursor and state it is. */
  readonly group: string
  readonly to: Sink<Alert>
  readonly inhibit: InhibitConfig
  readonly clock: Clock
  readonly metrics: Metrics
}

/** What is remembered for one sink, from the position on that it is true of. */
export interface Session {
  readonly epoch: number
  readonly groups: Groups
  readonly state: SavedState
  /** Why the sink is not told of the alert at this moment. */
  mutedBy(alert: Alert): Suppression | undefined
  suppress(reason: Suppression, count?: number): void
  /** Parts those that are to be written at once from those that are passed over, or wait for their group now. */
  sift<T extends Item>(items: readonly T[]): { readonly passed: T[]; readonly settled: T[] }
}

/** Where a sink keeps what it remembers. */
const sinkPrefix = 'sink/'

export async function openSession(
  options: SessionOptions,
  writer: Writer,
  epoch: number,
): Promise<Session> {
  const { clock, metrics, sink, to } = options
  const groups = createGroups({ maxInGroup: to.limits.maxItems })
  const inhibitor = createInhibitor(options.inhibit)
  const screen = createScreen(options, inhibitor)
  const state = await restoreState(options, {
    [groupsPrefix]: groups,
    [inhibitPrefix]: inhibitor,
    ...(to.memory && { [sinkPrefix]: to.memory }),
  })

  const suppress = (reason: Suppression, count = 1): void => {
    if (count === 0) return
    writer.count('skipped', count)
    metrics.add('kubewitness_notifications_suppressed_total', count, { sink, reason })
  }
  const mutedBy = (alert: Alert): Suppression | undefined => screen.mutedBy(alert, clock.nowMs())

  const passes = ({ alert, key }: Item): boolean => {
    const way = screen.wayOf(alert)
    if (typeof way === 'object' && way.group !== undefined) {
      const superseded = groups.hold(alert, key, way.group, clock.nowMs())
      suppress('superseded', superseded)
      return false
    }
    const reason = typeof way === 'object' ? mutedBy(alert) : way
    if (reason !== undefined) suppress(reason)
    return reason === undefined
  }

  return {
    epoch,
    groups,
    state,
    mutedBy,
    suppress,
    sift: (items) => {
      const alerts = items.map(({ alert }) => alert)
      inhibitor.open(alerts, clock.nowMs())
      const { passed = [], settled = [] } = Object.groupBy(items, (item) =>
        passes(item) ? 'passed' : 'settled',
      )
      inhibitor.close(alerts)
      return { passed, settled }
    },
  }
}
