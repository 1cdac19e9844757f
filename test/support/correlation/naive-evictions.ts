import type { CorrelationRule } from '../../../src/contracts.ts'
import type { GroupValue } from '../../../src/detect/correlate/correlator.ts'
import { readSettings } from '../../../src/detect/correlate/settings.ts'
import type { RuleMatch } from '../../../src/detect/match.ts'
import { countedOf, matchesIn, type NaiveMatch } from './naive.ts'
import { bytesOfGroup, type KeptGroup } from './naive-bytes.ts'
import { type Entry, holdOf } from './naive-condition.ts'
import { groupOf, keyOf, type Member, membersOf } from './naive-groups.ts'

/** An event as it came: what it matched, and how far its cluster was before it. */
export interface ArrivedEvent {
  readonly matches: readonly RuleMatch[]
  readonly frontierUs: number
}

/** A group that is remembered. */
interface Held {
  readonly members: Member[]
  /** The watermark when it was last given something: entries that no window could reach by then are gone. */
  watermarkUs: number
  isLarge: boolean
  /** Entries of two requests were within reach at one time. */
  isRepeated: boolean
}

/**
 * What one correlation over event rules matches when it may remember so many groups and bytes, of one cluster: before an event of one
 * of its rules is taken in, groups that no window can reach are given up, and then others while there are too many. What was
 * certain of them by then has been told; of the rest nothing is, and a group that comes back begins anew.
 */
export function naiveBounded(
  rule: CorrelationRule,
  arrived: readonly ArrivedEvent[],
): readonly NaiveMatch[] {
  const { correlation } = rule
  const { maxKeys, maxBytes, latenessUs } = readSettings(rule).settings
  const holdUs = holdOf(correlation)
  const reachUs = correlation.timespanUs + holdUs
  const held = new Map<string, Held>()
  const told: NaiveMatch[] = []
  const entriesOf = ({ members }: Held): readonly Entry[] =>
    members.length === 0 ? [] : countedOf(rule, groupOf(correlation, members).entries)
  const newestUs = (group: Held): number => entriesOf(group).at(-1)!.event.timeUs
  const keptOf = ({ members, watermarkUs, isLarge }: Held): KeptGroup => {
    const { cluster, entries } = groupOf(correlation, members)
    const counted = countedOf(rule, entries)
    const ids = new Set(counted.map(({ event }) => event.id))
    return {
      cluster,
      values: members[0]!.group,
      counted: counted.filter(({ event }) => event.timeUs > watermarkUs - reachUs),
      idle: entries.filter(({ event }) => !ids.has(event.id) && event.timeUs >= watermarkUs),
      isLarge,
    }
  }
  const isOver = (): boolean => {
    if (held.size > maxKeys) return true
    const bytes = [...held.values()].map((group) => bytesOfGroup(rule, keptOf(group)))
    return held.size > 1 && bytes.reduce((sum, each) => sum + each, 0) > maxBytes
  }
  const giveUp = (key: string, watermarkUs: number): void => {
    const matches = matchesIn(rule, groupOf(correlation, held.get(key)!.members))
    told.push(...matches.filter(({ event }) => event.timeUs + holdUs < watermarkUs))
    held.delete(key)
  }
  const oldest = (keys: readonly string[]): string =>
    keys.toSorted(
      (a, b) =>
        newestUs(held.get(a)!) - newestUs(held.get(b)!) ||
        compareValues(held.get(a)!.members[0]!.group, held.get(b)!.members[0]!.group),
    )[0]!
  const makeRoom = (watermarkUs: number): void => {
    for (const [key, group] of held)
      if (newestUs(group) < watermarkUs - reachUs) giveUp(key, watermarkUs)
    while (isOver()) {
      const { singles = [], repeated = [] } = Object.groupBy(held.keys(), (key) =>
        held.get(key)!.isRepeated ? 'repeated' : 'singles',
      )
      const areSinglesMany = repeated.length === 0 || singles.length > maxKeys / 8
      giveUp(oldest(areSinglesMany ? singles : repeated), watermarkUs)
    }
  }
  const take = (member: Member, watermarkUs: number): void => {
    const key = keyOf(member)
    const group = held.get(key) ?? { members: [], watermarkUs, isLarge: false, isRepeated: false }
    held.set(key, group)
    group.watermarkUs = watermarkUs
    const isKnown = group.members.some(({ event }) => event.id === member.event.id)
    const inReach = entriesOf(group).filter(({ event }) => event.timeUs > watermarkUs - reachUs)
    const isOther = ({ event }: Entry) => event.requestId !== member.event.requestId
    group.isRepeated ||= !isKnown && inReach.some(isOther)
    group.members.push(member)
    const count = keptOf(group).counted.length
    group.isLarge = count > 16 || (group.isLarge && count >= 8)
  }

  for (const { matches, frontierUs } of arrived) {
    const watermarkUs = frontierUs - latenessUs
    const own = matches.filter(({ rule: { id } }) => correlation.rules.includes(id))
    if (own.length > 0) makeRoom(watermarkUs)
    for (const { rule: of, event } of own)
      if (event.timeUs >= watermarkUs)
        for (const member of membersOf(correlation, of.id, { event, group: {} }, 'event'))
          take(member, watermarkUs)
  }
  for (const key of [...held.keys()]) giveUp(key, Number.POSITIVE_INFINITY)
  return told
}

/** Texts before numbers, by their characters. */
function compareValues(a: readonly GroupValue[], b: readonly GroupValue[]): number {
  const textOf = (values: readonly GroupValue[]): string =>
    values.map((value) => `${typeof value === 'string' ? 1 : 2}${value}\uffff`).join('')
  return textOf(a) < textOf(b) ? -1 : 1
}
