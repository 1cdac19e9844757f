import type { StateChange } from '../../contracts.ts'
import { ByteReader, type ByteWriter } from './bytes.ts'
import { groupName } from './group-keys.ts'
import { isRepeated } from './groups.ts'
import type { RuleState } from './rule-state.ts'
import type { RuleWindows } from './rule-windows.ts'

/*
 * What is saved of the windows of a rule. A group is one record:
 *
 *   version, flags (1 = repeated, 2 = large), seconds until which it is cut, its key, how many of its entries count,
 *   and how many are idle; behind that, of a small group, the entries that count in their order, and those that are idle
 *
 * The entries of a large group are records of their own, some dozens in each, so that not all is written for each new
 * one: whether they are idle, and the entry, one after the other. An entry that was dropped since may still be in one:
 * entries are dropped from the front only, and the group says how many there are.
 */

/** Of the layout, and of how ids are made: entries of others would not be known again. What was saved in another is dropped. */
const version = 3
const largeFlag = 2

/** Changes of the records of a rule since the last call, under a prefix of its own. */
export function takeGroupChanges(
  state: RuleState,
  prefix: string,
  writer: ByteWriter,
): StateChange[] {
  const { groups, members } = state
  const { dropped, changed } = state.changes.take()
  const changes: StateChange[] = dropped.map((name) => ({ key: prefix + name, value: undefined }))
  for (const group of changed) {
    const name = prefix + groupName(groups.keyBytes(group))
    changes.push({ key: name, value: groupRecord(state, group, writer) })
    for (const [part, rows] of members.takeChangedParts(group))
      changes.push({ key: `${name}/${part}`, value: partRecord(state, group, rows, writer) })
  }
  return changes
}

function groupRecord(state: RuleState, group: number, writer: ByteWriter): Uint8Array {
  const { groups, members, entries } = state
  const order = members.orderOf(group)
  const idle = members.idle(group)
  const isLarge = members.large(group) !== undefined
  writer.u8(version)
  writer.u8((groups.flags[group]! & isRepeated) | (isLarge ? largeFlag : 0))
  writer.u32(groups.cutS[group]!)
  writer.bytes(groups.keyBytes(group))
  writer.u32(order.length)
  writer.u32(idle.length)
  if (!isLarge) {
    for (let rank = 0; rank < order.length; rank++) entries.write(order.row(rank), writer)
    for (const row of idle) entries.write(row, writer)
  }
  return writer.take()
}

function partRecord(
  { members, entries }: RuleState,
  group: number,
  rows: readonly number[],
  writer: ByteWriter,
): Uint8Array {
  const idle = new Set(members.idle(group))
  for (const row of rows) {
    writer.u8(idle.has(row) ? 1 : 0)
    entries.write(row, writer)
  }
  return writer.take()
}

/** A group as it was saved, with the parts of a large one by their number. */
export interface SavedGroup {
  readonly record: Uint8Array
  readonly parts: ReadonlyMap<number, Uint8Array>
}

/** Puts a group back. False when it cannot be read: nothing is put back then. */
export function restoreGroup(
  windows: RuleWindows,
  { record, parts }: SavedGroup,
  watermarkOf: (cluster: string) => number,
): boolean {
  const { entries } = windows.state
  /** Entries that are not yet part of a group. */
  const loose = new Set<number>()
  try {
    const reader = new ByteReader(record)
    if (reader.u8() !== version) return false
    const flags = reader.u8()
    const cutS = reader.u32()
    const key = reader.bytes()
    const length = reader.u32()
    const idleLength = reader.u32()
    const counting: number[] = []
    const idle: number[] = []
    const partOf = new Map<number, number>()
    const read = (from: ByteReader, list: number[]): number => {
      const row = entries.read(from)
      loose.add(row)
      list.push(row)
      return row
    }
    if ((flags & largeFlag) === 0) {
      for (let i = 0; i < length; i++) read(reader, counting)
      for (let i = 0; i < idleLength; i++) read(reader, idle)
    }
    for (const [part, bytes] of parts) {
      const from = new ByteReader(bytes)
      while (!from.isAtEnd) partOf.set(read(from, from.u8() === 1 ? idle : counting), part)
    }
    counting.sort((a, b) => entries.compare(a, b))
    idle.sort((a, b) => entries.compare(a, b))
    const kept = [counting.splice(-length, length), idle.splice(-idleLength, idleLength)] as const
    if (kept[0].length === 0) throw new RangeError('a group without entries')
    for (const row of kept.flat()) loose.delete(row)
    const saved = { key, cutS, isRepeated: (flags & isRepeated) !== 0, partOf }
    windows.restoreGroup(saved, ...kept, watermarkOf)
    return true
  } catch {
    return false
  } finally {
    for (const row of loose) entries.remove(row)
  }
}
