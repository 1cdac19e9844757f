import { describe, expect, it } from 'vitest'
import {
  type AuditAccount,
  emptyAccount,
  missing,
  received,
  type Settlement,
  settle,
} from '../../src/app/audit-account.ts'

/** Asked every minute; `events` and `errors` since its start at `startedAtS`. */
function counters(events: number, errors = 0, startedAtS = 1) {
  return { startedAtS, events, errors }
}

/** Rounds with one server: what it says, and what came before that round. */
function rounds(
  ...list: readonly (readonly [said: ReturnType<typeof counters> | undefined, came: number])[]
): Settlement[] {
  let account: AuditAccount = emptyAccount
  return list.map(([said, came], round) => {
    account = received(account, came)
    const settled = settle(account, new Map([['a', said]]), round === 0 ? 0 : 60)
    account = settled.account
    return settled
  })
}

const lossesOf = (settled: readonly Settlement[]) =>
  settled.map(({ lost }) => lost.map(([, n]) => n))
const unaccountedOf = (settled: readonly Settlement[]) =>
  settled.map(({ unaccounted }) => unaccounted)

describe('the account of what API servers sent', () => {
  it('takes what was counted before the first look for settled', () => {
    const settled = rounds([counters(1_000_000, 500), 0], [counters(1_000_100, 500), 100])
    expect(lossesOf(settled)).toEqual([[], []])
    expect(missing(settled[1]!.account)).toBe(0)
  })

  it('tells what API servers say they lost, and does not miss it again', () => {
    const settled = rounds(
      [counters(0), 0],
      [counters(6000, 156), 5844],
      [counters(12_000, 156), 6000],
      [counters(18_000, 6156), 0],
      [counters(24_000, 6156), 6000],
      [counters(30_000, 6156), 6000],
    )
    expect(lossesOf(settled)).toEqual([[], [156], [], [6000], [], []])
    expect(unaccountedOf(settled)).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('does not miss what is only under way, however much it differs', () => {
    const settled = rounds(
      [counters(0), 0],
      [counters(6000), 3000],
      [counters(12_000), 9000],
      [counters(18_000), 3000],
      [counters(24_000), 9000],
      [counters(30_000), 3000],
      [counters(36_000), 9000],
    )
    expect(new Set(unaccountedOf(settled))).toEqual(new Set([0]))
  })

  it('misses what stays away, each event once', () => {
    const steady = (round: number) => [counters(6000 * round), 6000] as const
    const less = (round: number) => [counters(6000 * round), 1000] as const
    const settled = rounds(
      [counters(0), 0],
      ...[1, 2, 3].map(steady),
      ...[4, 5, 6, 7, 8].map(less),
      ...[9, 10, 11, 12].map(steady),
    )
    const told = unaccountedOf(settled)
    expect(told.filter((events) => events > 0)).toEqual([15_000, 10_000])
    expect(told.slice(10)).toEqual([0, 0, 0])
  })

  it('knows a new process by its start, and counts from its beginning', () => {
    const settled = rounds(
      [counters(1000, 10, 1), 0],
      [counters(700, 0, 2), 700],
      [counters(1300, 5, 2), 595],
    )
    expect(settled.map(({ restarted }) => restarted)).toEqual([[], ['a'], []])
    expect(lossesOf(settled)).toEqual([[], [], [5]])
    expect(missing(settled[2]!.account)).toBe(0)
  })

  it('misses nothing while a server does not answer, nor when it does again', () => {
    const settled = rounds(
      [counters(0), 0],
      [counters(6000), 6000],
      [undefined, 6000],
      [undefined, 6000],
      [counters(24_000), 6000],
      [counters(30_000), 6000],
      [counters(36_000), 6000],
      [counters(42_000), 6000],
    )
    expect(new Set(unaccountedOf(settled))).toEqual(new Set([0]))
  })
})
