import { createHash } from 'node:crypto'
import type { Alert, Log, Remembering } from '../../contracts.ts'
import { createSavedMap } from '../../util/saved-map.ts'
import { labelsOf, labelText } from '../route/labels.ts'
import type { GroupSettings } from './config.ts'
import { dueMs, emptyGroup, type Group, holding, isOver, parseGroup, without } from './group.ts'

/** A group whose time has come. */
export interface DueGroup {
  readonly id: string
  /** Keys of the revisions in the topic of alerts, in the order that they came. */
  readonly keys: readonly string[]
}

/** The revisions that wait to be told together, of one sink. Saved with the sink's cursor. */
export interface Groups extends Remembering {
  /** Revisions that wait. */
  readonly held: number
  /** As many wait as may: some are to be told before others are held. */
  readonly isFull: boolean
  /** Lets a revision wait in its group; returns how many it makes superfluous. The same again is no other. */
  hold(alert: Alert, key: string, settings: GroupSettings, nowMs: number): number
  /** The groups whose time has come; all that hold something when too much waits. Forgets those that are over. */
  due(nowMs: number): readonly DueGroup[]
  /** These revisions of the group wait no longer. */
  release(id: string, keys: readonly string[]): void
  /** The sink has been told of all that was due. */
  wasTold(id: string, nowMs: number): void
}

export const groupsPrefix = 'group/'

/** `maxHeld`: revisions that wait, in all groups together; `maxInGroup`: in one. */
export function createGroups({
  maxHeld = 10_000,
  maxGroups = 10_000,
  maxInGroup,
}: {
  readonly maxHeld?: number
  readonly maxGroups?: number
  readonly maxInGroup: number
}): Groups {
  const groups = createSavedMap(groupsPrefix, parseGroup)
  let held = 0

  const put = (id: string, group: Group): void => {
    held += group.held.length - (groups.get(id)?.held.length ?? 0)
    groups.put(id, group)
  }
  const forgetOldest = (): void => {
    for (const [id, group] of groups.entries()) {
      if (groups.size <= maxGroups) return
      if (group.held.length === 0) groups.delete(id)
    }
  }

  return {
    get held() {
      return held
    },
    get isFull() {
      return held >= maxHeld
    },
    hold: (alert, key, settings, nowMs) => {
      const id = groupId(alert, settings)
      const before = groups.get(id) ?? emptyGroup(settings)
      const after = holding(before, alert, key, nowMs)
      put(id, after)
      if (groups.size > maxGroups) forgetOldest()
      const wasThere = before.held.some((each) => each.key === key)
      return before.held.length + (wasThere ? 0 : 1) - after.held.length
    },
    due: (nowMs) => {
      const isFull = held >= maxHeld
      const found: { readonly at: number; readonly due: DueGroup }[] = []
      for (const [id, group] of groups.entries()) {
        if (isOver(group, nowMs)) groups.delete(id)
        const at = dueMs(group)
        if (at === undefined) continue
        if (isFull || at <= nowMs || group.held.length >= maxInGroup)
          found.push({ at, due: { id, keys: group.held.map(({ key }) => key) } })
      }
      return found.toSorted((a, b) => a.at - b.at).map(({ due }) => due)
    },
    release: (id, keys) => {
      const group = groups.get(id)
      if (group !== undefined && keys.length > 0) put(id, without(group, new Set(keys)))
    },
    wasTold: (id, nowMs) => {
      const group = groups.get(id)
      if (group !== undefined) put(id, { ...group, toldMs: nowMs })
    },
    restore: (records) => {
      groups.restore(records)
      held = groups.entries().reduce((sum, [, group]) => sum + group.held.length, 0)
    },
    takeChanges: groups.takeChanges,
  }
}

/** True when a group waits, or made alerts wait, when the cursor moved last. */
export async function hasSavedGroups(log: Log, topic: string, group: string): Promise<boolean> {
  for (const _ of await log.readState(topic, group, groupsPrefix)) return true
  return false
}

/** Alerts of other settings are never together: they wait for other times. */
function groupId(alert: Alert, settings: GroupSettings): string {
  const labels = labelsOf(alert)
  const identity = [settings, settings.by.map((label) => labelText(labels, label))]
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32)
}
