import { Agent } from 'node:https'
import { describe, expect, it } from 'vitest'
import type { ReceivedBody } from '../../../src/contracts.ts'
import { webhookConfigSchema } from '../../../src/sources/webhook/config.ts'
import { createWebhookSource } from '../../../src/sources/webhook/source.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { silentLogger } from '../../../src/util/logger.ts'
import { createMetrics } from '../../../src/util/metrics.ts'
import { eventually, openHttp2 } from './harness.ts'
import { harnessesOfTests } from './harnesses.ts'

const { start } = harnessesOfTests()

/** Holds what it is given until released, heeding its signal. */
function holdingConsumer() {
  const held: { readonly resolve: () => void; readonly signal: AbortSignal }[] = []
  return {
    held,
    consume: (_: ReceivedBody, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        held.push({ resolve, signal })
      }),
  }
}

const never = new AbortController().signal

describe('stopping', () => {
  it('answers what is in flight, refuses new connections, and closes idle ones', async () => {
    const consumer = holdingConsumer()
    const harness = await start({ consumer })
    const idle = new Agent({ keepAlive: true })
    const first = harness.post({ agent: idle })
    await eventually(() => consumer.held.length === 1)
    consumer.held[0]!.resolve()
    expect((await first).status).toBe(200)
    const overHttp1 = harness.post()
    const overHttp2 = harness.postHttp2()
    await eventually(() => consumer.held.length === 3)

    const stopped = harness.source.stop(never)
    await expect(harness.post()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    for (const { resolve } of consumer.held) resolve()
    expect([(await overHttp1).status, (await overHttp2).status]).toEqual([200, 200])
    await stopped
    idle.destroy()
  })

  it('tells senders on open connections to come back', async () => {
    const consumer = holdingConsumer()
    const harness = await start({ consumer })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const session = openHttp2({ address: harness.source.address, ca: harness.ca })
    const settled = harness.post({ agent })
    const settledToo = harness.postHttp2({ session })
    await eventually(() => consumer.held.length === 2)
    for (const { resolve } of consumer.held) resolve()
    await Promise.all([settled, settledToo])
    const inFlight = harness.post()
    await eventually(() => consumer.held.length === 3)

    const stopped = harness.source.stop(never)
    const late = [await harness.post({ agent }), await harness.postHttp2({ session })]
    expect(late.map(({ headers, status }) => [status, headers['retry-after']])).toEqual([
      [503, '1'],
      [503, '1'],
    ])
    expect(late[0]!.headers['connection']).toBe('close')
    consumer.held[2]!.resolve()
    expect((await inFlight).status).toBe(200)
    await stopped
    agent.destroy()
    session.destroy()
  })

  it('gives up at the deadline, and takes no responsibility for what was not stored', async () => {
    const consumer = holdingConsumer()
    const harness = await start({ consumer })
    const inFlight = harness.post().then(
      ({ status }) => status,
      () => 'closed',
    )
    await eventually(() => consumer.held.length === 1)
    const deadline = new AbortController()
    const stopped = harness.source.stop(deadline.signal)
    deadline.abort(new Error('deadline'))
    await stopped
    expect(consumer.held[0]!.signal.aborted).toBe(true)
    expect([503, 'closed']).toContain(await inFlight)
  })

  it('may follow a start that failed', async () => {
    const { dataDirectory, source } = await start()
    const second = createWebhookSource({
      config: webhookConfigSchema.parse({ listen: `127.0.0.1:${source.address.port}` }),
      dataDirectory,
      consumer: holdingConsumer(),
      clock: systemClock,
      logger: silentLogger,
      metrics: createMetrics({ withProcessMetrics: false }),
      onAlarm: () => undefined,
    })
    await second.stop(never)
    await expect(second.start()).rejects.toMatchObject({ code: 'listen.inUse' })
    await second.stop(never)
  })

  it('may come twice', async () => {
    const harness = await start()
    const first = harness.source.stop(never)
    await Promise.all([first, harness.source.stop(never)])
    await harness.source.stop(never)
  })
})
