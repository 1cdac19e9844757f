import { describe, expect, it } from 'vitest'
import { ObservedState } from '../../src/app/observed-state.ts'
import type { StateChange, StateRecord } from '../../src/contracts.ts'
import { auditEvent, observed, type SaidEvent } from '../rbac/observe/events.ts'

/** What is stored of a group once the changes are written over it. */
function written(
  changes: readonly StateChange[],
  before: readonly StateRecord[] = [],
): readonly StateRecord[] {
  const records = new Map(before.map(({ key, value }) => [key, value]))
  for (const { key, value } of changes)
    if (value === undefined) records.delete(key)
    else records.set(key, value)
  return [...records].map(([key, value]) => ({ key, value }))
}

function restored(records: readonly StateRecord[]): ObservedState {
  const state = new ObservedState()
  state.restore(records)
  return state
}

function learn({ observation }: ObservedState, ...events: readonly SaidEvent[]): void {
  for (const said of events) observation.add(auditEvent(said))
}

const alice: SaidEvent = { user: 'alice', verb: 'list', auditId: 'a', second: 1 }
const bob: SaidEvent = { user: 'bob', verb: 'delete', name: 'x', auditId: 'b', second: 2 }

describe('what is observed', () => {
  it('is the same after it was saved in parts and restored', () => {
    const state = restored([])
    learn(state, alice)
    const first = written(state.takeChanges())
    learn(state, bob, { ...alice, auditId: 'c', second: 90 })
    const second = written(state.takeChanges(), first)
    expect(restored(second).observation.toValue()).toEqual(
      observed(alice, bob, { ...alice, auditId: 'c', second: 90 }).toValue(),
    )
    expect(restored(second).takeChanges()).toEqual([])
  })

  it('goes on from what was restored as if nothing had been between', () => {
    const state = restored([])
    learn(state, alice)
    const next = restored(written(state.takeChanges()))
    learn(next, bob)
    expect(next.observation.toValue()).toEqual(observed(alice, bob).toValue())
  })

  it('is written again only where it changed', () => {
    const state = restored([])
    learn(state, alice, bob)
    expect(state.takeChanges().map(({ key }) => key)).toEqual([
      'profile/7:default5:alice',
      'profile/7:default3:bob',
      'window/default',
    ])
    learn(state, { ...bob, second: 3 })
    expect(state.takeChanges().map(({ key }) => key)).toEqual([
      'profile/7:default3:bob',
      'window/default',
    ])
    expect(state.takeChanges()).toEqual([])
  })

  it('is written again for a request that nobody judged', () => {
    const state = restored([])
    learn(state, alice)
    state.takeChanges()
    learn(state, { ...alice, code: 429, decision: null })
    expect(state.takeChanges().map(({ key }) => key)).toContain('profile/7:default5:alice')
  })

  it('begins anew, and takes the rest away, when a record is of another version or damaged', () => {
    const state = restored([])
    learn(state, alice)
    const records = written(state.takeChanges())
    const next = restored([...records, { key: 'window/other', value: Buffer.from('broken') }])
    expect(next.observation.profiles()).toEqual([])
    expect(next.unusable).toBe(3)
    expect(next.takeChanges()).toEqual(
      ['profile/7:default5:alice', 'window/default', 'window/other'].map((key) => ({
        key,
        value: undefined,
      })),
    )
  })
})
