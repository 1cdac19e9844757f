import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type AuditBackendOptions, createAuditBackend } from '../support/audit-backend.ts'
import type { AuditItem } from '../support/bodies.ts'
import { itemsOf } from '../support/bodies.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import type { Sender, SendResult } from '../support/sender.ts'

const never = new AbortController().signal
let serial = 0

function events(count: number): AuditItem[] {
  return Array.from({ length: count }, () => {
    const auditID = `event-${serial++}`
    const stage = 'ResponseComplete'
    return { auditID, stage, text: JSON.stringify({ auditID, stage }) }
  })
}

/** A sender without a network: every body stays in flight until `answer` is called. */
function heldSender() {
  const held: { body: Uint8Array; answer: (outcome: SendResult['outcome']) => void }[] = []
  const sender: Sender = {
    dials: 0,
    send: (body, signal) =>
      new Promise((resolve) => {
        const answer = (outcome: SendResult['outcome']) =>
          resolve({ outcome, acknowledged: false, attempts: 1, tries: [], ackMs: 0, totalMs: 0 })
        signal.addEventListener('abort', () => answer('aborted'), { once: true })
        held.push({ body, answer })
      }),
    close: () => undefined,
  }
  return { sender, held, sizes: () => held.map(({ body }) => itemsOf(body).length) }
}

function start(options: Partial<AuditBackendOptions> = {}) {
  const clock = createFakeClock()
  const { sender, held, sizes } = heldSender()
  const backend = createAuditBackend(sender, { mode: 'batch', clock, ...options })
  return { backend, clock, held, sizes }
}

/** Lets promises that can go on do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await tick()
}

describe('the audit backend in batch mode', () => {
  it('sends a batch as soon as it is full, and the rest 30 s after it began to collect it', async () => {
    const { backend, clock, sizes } = start()
    await backend.processEvents(events(450))
    await settle()
    expect(sizes()).toEqual([400])

    await clock.advance(29_999)
    expect(sizes()).toEqual([400])
    await clock.advance(1)
    await settle()
    expect(sizes()).toEqual([400, 50])
  })

  it('counts the wait from the beginning of the collection, not from the first event', async () => {
    const { backend, clock, sizes } = start({ maxWaitMs: 5_000 })
    await clock.advance(4_000)
    await backend.processEvents(events(3))
    await clock.advance(1_000)
    await settle()
    expect(sizes()).toEqual([3])
  })

  it('sends nothing when there is nothing', async () => {
    const { clock, sizes } = start({ maxWaitMs: 1_000 })
    await clock.advance(10_000)
    expect(sizes()).toEqual([])
  })

  it('keeps the order, loses nothing and repeats nothing', async () => {
    const { backend, clock, held } = start({ maxBatchSize: 7 })
    const all = events(100)
    for (let i = 0; i < 100; i += 9) await backend.processEvents(all.slice(i, i + 9))
    await settle()
    await clock.advance(60_000)
    const sent = held.flatMap(({ body }) => itemsOf(body).map((item) => item.auditID))
    expect(sent).toEqual(all.map((item) => item.auditID))
  })

  it('posts 15 batches at once and then 10 a second, however many are in flight', async () => {
    const { backend, clock, sizes } = start({ maxBatchSize: 10 })
    await backend.processEvents(events(400))
    await settle()
    expect(sizes()).toHaveLength(15)
    await clock.advance(1_000)
    await settle()
    expect(sizes()).toHaveLength(25)
    expect(backend.counters()).toMatchObject({ inFlightBatches: 25, peakInFlightBatches: 25 })
  })

  it('drops what finds the buffer full, counted, and goes on', async () => {
    const { backend, clock, sizes } = start({ maxBatchSize: 10, bufferSize: 50, burst: 1, qps: 1 })
    await backend.processEvents(events(10))
    await settle()
    // The first batch took the only token; the second is in the collector's hands; 50 more fit the buffer.
    await backend.processEvents(events(10))
    await settle()
    await backend.processEvents(events(57))
    expect(backend.counters()).toMatchObject({
      events: 77,
      droppedBuffered: 7,
      peakBufferedEvents: 50,
    })
    await clock.advance(10_000)
    await settle()
    expect(sizes()).toEqual([10, 10, 10, 10, 10, 10, 10])
  })

  it('counts what the sender gave up as lost by the webhook', async () => {
    const results: string[] = []
    const onResult = (result: SendResult, batch: readonly AuditItem[]) => {
      results.push(`${result.outcome} ${batch.length}`)
    }
    const { backend, held } = start({ maxBatchSize: 5, onResult })
    await backend.processEvents(events(10))
    await settle()
    held[0]!.answer('dropped')
    held[1]!.answer('accepted')
    await settle()
    expect(backend.counters()).toEqual({
      events: 10,
      sentBatches: 1,
      sentEvents: 5,
      droppedBuffered: 0,
      droppedWebhook: 5,
      inFlightBatches: 0,
      peakInFlightBatches: 2,
      peakBufferedEvents: 5,
    })
    expect(results).toEqual(['dropped 5', 'accepted 5'])
  })

  it('at its stop sends what it holds, waits for it, and drops what comes later', async () => {
    const { backend, held, clock } = start({ maxBatchSize: 5 })
    await backend.processEvents(events(7))
    const stopped = backend.stop(never)
    await settle()
    await backend.processEvents(events(1))
    expect(held).toHaveLength(2)
    for (const { answer } of held) answer('accepted')
    await stopped
    expect(backend.counters()).toMatchObject({ sentEvents: 7, droppedBuffered: 1 })
    expect(clock.sleepers).toBe(0)
  })

  it('at its stop gives up what the deadline cuts off, and counts every event of it', async () => {
    const { backend, clock } = start({ maxBatchSize: 5, burst: 1 })
    await backend.processEvents(events(17))
    await settle()
    const deadline = new AbortController()
    const stopped = backend.stop(deadline.signal)
    await settle()
    deadline.abort()
    await stopped
    const { sentEvents, droppedBuffered, droppedWebhook } = backend.counters()
    expect([sentEvents, droppedBuffered, droppedWebhook]).toEqual([0, 12, 5])
    expect(clock.sleepers).toBe(0)
  })
})

describe('the audit backend in blocking mode', () => {
  it('posts each event alone and holds its caller until it is answered', async () => {
    const { backend, held, sizes } = start({ mode: 'blocking' })
    let isDone = false
    const done = backend.processEvents(events(2)).then(() => {
      isDone = true
    })
    await settle()
    expect([sizes(), isDone]).toEqual([[1], false])
    held[0]!.answer('dropped')
    await settle()
    expect([sizes(), isDone]).toEqual([[1, 1], false])
    held[1]!.answer('accepted')
    await done
    expect(backend.counters()).toMatchObject({ sentEvents: 1, droppedWebhook: 1 })
    await backend.stop(never)
    await backend.processEvents(events(1))
    expect([sizes(), backend.counters().droppedBuffered]).toEqual([[1, 1], 1])
  })
})
