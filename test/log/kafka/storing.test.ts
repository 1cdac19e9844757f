import { describe, expect, it } from 'vitest'
import type { Outgoing } from '../../../src/log/kafka/appender.ts'
import { Ledger } from '../../../src/log/kafka/ledger.ts'
import { createNames } from '../../../src/log/kafka/names.ts'
import type { Opened } from '../../../src/log/kafka/opened.ts'
import { createStoring } from '../../../src/log/kafka/storing.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const produced = [{ topic: 'alerts', records: [{ key: 'a', value: Buffer.from('a') }] }]

/** Over brokers that answer when they are told to. */
function open() {
  const ledger = new Ledger(true)
  const sent: { outgoing: readonly Outgoing[]; answer: PromiseWithResolvers<void> }[] = []
  const opened = {
    appender: {
      append: async (outgoing: readonly Outgoing[]) => {
        const answer = Promise.withResolvers<void>()
        sent.push({ outgoing, answer })
        await answer.promise
        for (const { onStored } of outgoing) onStored(ledger.next)
      },
      close: async () => undefined,
    },
    partitions: { ledger: () => ledger },
    room: { make: async () => undefined },
  }
  const storing = createStoring({
    // What it uses of it.
    opened: () => opened as unknown as Opened,
    names: createNames('kw', { alerts: 1 }),
    optionsOf: () => ({ uniqueKeys: true, maxAgeMs: 1, maxBytes: 1, protectedGroups: [] }),
    clock: createFakeClock(),
  })
  return { storing, sent }
}

const keysOf = (outgoing: readonly Outgoing[]) => outgoing.map(({ message }) => message.key)

describe('a record that is on its way to the brokers', () => {
  it('is left out of a step only when it is known to be stored', async () => {
    const { storing, sent } = open()
    const stored = storing.store(produced)
    await expect.poll(() => sent.length).toBe(1)
    const prepared = storing.prepare(produced)
    sent[0]!.answer.resolve()
    await stored
    expect(keysOf(await prepared)).toEqual([])
  })

  it('is part of the step when it turns out that it was not stored', async () => {
    const { storing, sent } = open()
    const stored = storing.store(produced)
    await expect.poll(() => sent.length).toBe(1)
    const prepared = storing.prepare(produced)
    sent[0]!.answer.reject(new Error('refused'))
    await expect(stored).rejects.toThrow('refused')
    expect(keysOf(await prepared)).toEqual(['a'])
  })

  it('is sent once, however often it comes meanwhile', async () => {
    const { storing, sent } = open()
    const all = [storing.store(produced), storing.store(produced), storing.store(produced)]
    await expect.poll(() => sent.length).toBe(3)
    expect(sent.flatMap(({ outgoing }) => keysOf(outgoing))).toEqual(['a'])
    for (const { answer } of sent) answer.resolve()
    await Promise.all(all)
  })
})
