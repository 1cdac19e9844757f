import type { Alert, Clock, Log, Sink } from '../contracts.ts'
import { createGroups, type Groups, groupsPrefix } from './group/groups.ts'
import type { InhibitConfig } from './inhibit/config.ts'
import { createInhibitor, inhibitPrefix } from './inhibit/inhibitor.ts'
import { restoreState, type SavedState } from './saved-state.ts'
import { createScreen, type ScreenOptions } from './screen.ts'
import { createUntold, untoldPrefix } from './untold.ts'
import type { Item, Writer } from './write.ts'

export interface SessionOptions extends ScreenOptions {
  readonly log: Log
  readonly topic: string
  /** Whose cursor and state it is. */
  readonly group: string
  readonly to: Sink<Alert>
  /** Most revisions that wait in groups; what comes beyond waits in the log. */
  readonly maxHeld?: number
  /** As it is now. */
  readonly inhibit: () => InhibitConfig
  readonly clock: Clock
}

/** What is remembered for one sink, from the position on that it is true of. */
export interface Session {
  readonly epoch: number
  readonly groups: Groups
  readonly state: SavedState
  /** Those that the sink is told of at this moment, as it is to see them; the others are passed over. */
  hear<T extends Item>(items: readonly T[]): T[]
  /** The sink knows of them now. */
  told(items: readonly Item[]): void
  /** Parts those that are to be written at once from those that are passed over, or wait for their group now. */
  sift<T extends Item>(items: readonly T[]): { readonly passed: T[]; readonly settled: T[] }
}

/** Where a sink keeps what it remembers. */
const sinkPrefix = 'sink/'

export async function openSession(
  options: SessionOptions,
  writer: Writer<Item>,
  epoch: number,
): Promise<Session> {
  const { clock, to } = options
  const groups = createGroups({
    maxInGroup: to.limits.maxItems,
    ...(options.maxHeld !== undefined && { maxHeld: options.maxHeld }),
  })
  const inhibitor = createInhibitor(options.inhibit)
  const untold = createUntold()
  const screen = createScreen(options, inhibitor)
  const state = await restoreState(options, {
    [groupsPrefix]: groups,
    [inhibitPrefix]: inhibitor,
    [untoldPrefix]: untold,
    ...(to.memory && { [sinkPrefix]: to.memory }),
  })

  const hear = <T extends Item>(items: readonly T[]): T[] =>
    items.flatMap((item) => {
      const reason = screen.mutedBy(item.alert, clock.nowMs())
      if (reason === undefined) return [{ ...item, alert: untold.mark(item.alert) }]
      writer.skip(reason, 1)
      untold.note(item.alert)
      return []
    })

  /** What is to be written at once, if the sink is told of it. */
  const forNow = <T extends Item>(item: T): T[] => {
    const way = screen.wayOf(item.alert)
    if (typeof way !== 'object') writer.skip(way, 1)
    else if (way.group === undefined) return hear([item])
    else {
      const alert = untold.mark(item.alert)
      writer.skip('superseded', groups.hold(alert, item.key, way.group, clock.nowMs()))
    }
    return []
  }

  return {
    epoch,
    groups,
    state,
    hear,
    told: (items) => {
      for (const { alert } of items) untold.told(alert)
    },
    sift: (items) => {
      const alerts = items.map(({ alert }) => alert)
      inhibitor.open(alerts, clock.nowMs())
      const passed = items.flatMap(forNow)
      inhibitor.close(alerts)
      const keys = new Set(passed.map(({ key }) => key))
      return { passed, settled: items.filter(({ key }) => !keys.has(key)) }
    },
  }
}
