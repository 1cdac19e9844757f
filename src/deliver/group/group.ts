import { z } from 'zod'
import type { Alert } from '../../contracts.ts'
import { groupLabels } from '../route/labels.ts'
import type { GroupSettings } from './config.ts'

/** A revision that waits to be told, by its key in the topic of alerts. */
const heldSchema = z.strictObject({
  key: z.string(),
  alert: z.string(),
  /** It opened, closed, its level changed, or it was kept silent before. Else it has only grown. */
  isNews: z.boolean(),
  sinceMs: z.number(),
})

/** What is kept of a group, and how it is saved. */
const groupSchema = z.strictObject({
  settings: z.strictObject({
    by: z.array(z.enum(groupLabels)),
    waitMs: z.number(),
    intervalMs: z.number(),
    repeatMs: z.number(),
  }),
  held: z.array(heldSchema),
  /** When its sink was last told of it; null: never. */
  toldMs: z.number().nullable(),
})

/** Plain data: what is changed is a new one. */
export type Group = Readonly<z.output<typeof groupSchema>>

/** The group that was saved; undefined when it is of another version. */
export function parseGroup(json: unknown): Group | undefined {
  return groupSchema.safeParse(json).data
}

export function emptyGroup(settings: GroupSettings): Group {
  return { settings: { ...settings, by: [...settings.by] }, held: [], toldMs: null }
}

/** With one revision more. That an alert had grown before says nothing any more. */
export function holding(group: Group, alert: Alert, key: string, nowMs: number): Group {
  const isNews =
    alert.status !== 'updated' || alert.previousLevel !== undefined || alert.resumed === true
  const others = group.held.filter(
    (held) => held.key !== key && (held.isNews || held.alert !== alert.id),
  )
  return { ...group, held: [...others, { key, alert: alert.id, isNews, sinceMs: nowMs }] }
}

/** Without the revisions that were told, or passed over. */
export function without(group: Group, keys: ReadonlySet<string>): Group {
  return { ...group, held: group.held.filter(({ key }) => !keys.has(key)) }
}

/**
 * When its sink is to be told; undefined while nothing waits. News waits for company once, and then until the interval is
 * over; that alerts have grown waits until it has to be repeated that they are there.
 */
export function dueMs({ held, settings, toldMs }: Group): number | undefined {
  const first = held.find(({ isNews }) => isNews)
  if (first === undefined) {
    const grown = held[0]
    return grown && (toldMs ?? grown.sinceMs) + settings.repeatMs
  }
  const waited = first.sinceMs + settings.waitMs
  return toldMs === null ? waited : Math.max(waited, toldMs + settings.intervalMs)
}

/** A group that holds nothing is remembered only for as long as it would make its alerts wait. */
export function isOver({ held, settings, toldMs }: Group, nowMs: number): boolean {
  const restMs = Math.max(settings.intervalMs, settings.repeatMs)
  return held.length === 0 && (toldMs === null || nowMs >= toldMs + restMs)
}
