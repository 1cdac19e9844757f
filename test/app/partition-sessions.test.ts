import { describe, expect, it } from 'vitest'
import { createPartitionGauges } from '../../src/app/partition-gauges.ts'
import { createPartitionSessions, type PartitionSession } from '../../src/app/partition-sessions.ts'
import type { Delivery } from '../../src/contracts.ts'
import { createFakeClock } from '../support/fake-clock.ts'

function deliveryOf(partition: number, epoch = 0): Delivery {
  return { partition, epoch, records: [], commit: async () => undefined }
}

/** Sessions that write down what happens to them. */
function recorded() {
  const said: string[] = []
  const clock = createFakeClock()
  let current = 'a'
  const sessions = createPartitionSessions<PartitionSession & { readonly rules: string }>({
    clock,
    open: async ({ partition, epoch }) => {
      const name = `${partition}.${epoch}${current}`
      said.push(`open ${name}`)
      return {
        epoch,
        rules: current,
        take: async () => void said.push(`take ${name}`),
        save: async () => void said.push(`save ${name}`),
      }
    },
    isCurrent: ({ rules }) => rules === current,
    onEnd: (partition) => void said.push(`end ${partition}`),
  })
  return {
    said,
    clock,
    sessions,
    use: (rules: string): void => {
      current = rules
    },
  }
}

describe('the sessions of the partitions of a reader', () => {
  it('take what is of their partition, and are saved together', async () => {
    const { said, sessions } = recorded()
    for (const partition of [0, 3, 0]) await sessions.take(deliveryOf(partition))
    await sessions.save()
    expect(said).toEqual([
      'open 0.0a',
      'take 0.0a',
      'open 3.0a',
      'take 3.0a',
      'take 0.0a',
      'save 0.0a',
      'save 3.0a',
    ])
  })

  it('are given up unsaved when the partition was set back or another reader had it', async () => {
    const { said, sessions } = recorded()
    for (const epoch of [0, 1]) await sessions.take(deliveryOf(2, epoch))
    expect(said).toEqual(['open 2.0a', 'take 2.0a', 'end 2', 'open 2.1a', 'take 2.1a'])
  })

  it('are saved before others with new rules take their place', async () => {
    const { said, sessions, use } = recorded()
    await sessions.take(deliveryOf(2))
    use('b')
    await sessions.take(deliveryOf(2))
    expect(said).toEqual(['open 2.0a', 'take 2.0a', 'save 2.0a', 'end 2', 'open 2.0b', 'take 2.0b'])
  })

  it('end when nothing has come for a minute, not even that nothing comes', async () => {
    const { said, sessions, clock } = recorded()
    for (const partition of [1, 2]) await sessions.take(deliveryOf(partition))
    await clock.advance(59_000)
    await sessions.take(deliveryOf(2))
    await clock.advance(1_000)
    said.length = 0
    await sessions.take(deliveryOf(2))
    expect(said).toEqual(['take 2.0a', 'save 1.0a', 'end 1'])
    expect([...sessions.all.keys()]).toEqual([2])
  })
})

describe('gauges of several partitions', () => {
  it('show their sum, without those that are over', () => {
    const shown: unknown[] = []
    const gauges = createPartitionGauges((...gauge) => void shown.push(gauge))
    const name = 'kubewitness_correlation_groups'
    gauges.of(0)(name, 3, { rule: 'x' })
    gauges.of(5)(name, 4, { rule: 'x' })
    gauges.of(5)(name, 1, { rule: 'y' })
    gauges.forget(0)
    expect(shown).toEqual([
      [name, 3, { rule: 'x' }],
      [name, 7, { rule: 'x' }],
      [name, 1, { rule: 'y' }],
      [name, 4, { rule: 'x' }],
    ])
  })
})
