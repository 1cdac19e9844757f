import { connect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../support/fake-clock.ts'
import { eventually, type Harness, openHttp2 } from './harness.ts'
import { harnessesOfTests, head, inFlightBytes } from './harnesses.ts'

const { start, rawTls, sockets } = harnessesOfTests()

/** Of 30 bodies of 400 KB, each over a TLS connection of its own. */
async function medianPostMs(harness: Harness): Promise<number> {
  const body = Buffer.alloc(400_000, 'x')
  const tookMs: number[] = []
  for (let i = 0; i < 30; i++) {
    const startedAtMs = performance.now()
    expect((await harness.post({ body })).status).toBe(200)
    tookMs.push(performance.now() - startedAtMs)
  }
  return tookMs.toSorted((a, b) => a - b)[15]!
}

describe('a slow sender', () => {
  it('gets 408 when its body takes longer than allowed', async () => {
    const clock = createFakeClock(Date.now())
    const harness = await start({ clock })
    const { socket, received } = await rawTls(harness)
    socket.write(`${head(harness, 1000)}{"kind":`)
    await eventually(async () => (await inFlightBytes(harness)) === 1000)
    await clock.advance(59_999)
    expect(received()).toBe('')
    await clock.advance(1)
    await eventually(() => received().startsWith('HTTP/1.1 408 '))
    expect(await inFlightBytes(harness)).toBe(0)
    // The rest of the body is waited for a while, so that the answer arrives.
    await clock.advance(10_250)
    await eventually(() => socket.destroyed)
  })

  it('that never ends its headers is cut off', async () => {
    const harness = await start({ config: { headersTimeoutMs: 300 } })
    const { socket, received } = await rawTls(harness)
    socket.write('POST /audit/default HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    await eventually(() => socket.destroyed)
    expect(received()).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('that says nothing at all is cut off, before and after the TLS handshake', async () => {
    const harness = await start({ config: { headersTimeoutMs: 300 } })
    const silent = connect(harness.source.address)
    sockets.push(silent)
    const { socket } = await rawTls(harness)
    await eventually(() => silent.destroyed && socket.destroyed)
  })
})

describe('connections', () => {
  it('stay open longer than an API server waits between batches', async () => {
    const harness = await start()
    const { socket, received } = await rawTls(harness)
    socket.write(`${head(harness, 2)}{}`)
    await eventually(() => received().includes('\r\n\r\n'))
    expect(/Keep-Alive: timeout=(\d+)/i.exec(received())?.[1]).toBe('90')
  })

  it('make room for newcomers while their sender is unknown, the oldest first', async () => {
    const harness = await start({ config: { maxConnections: 2 } })
    const { socket: first } = await rawTls(harness)
    const { socket: second } = await rawTls(harness)
    const session = openHttp2({ ca: harness.ca, address: harness.source.address })
    expect((await harness.postHttp2({ session })).status).toBe(200)
    await eventually(() => first.destroyed)
    expect(second.destroyed).toBe(false)
    expect((await harness.post()).status).toBe(200)
    await eventually(() => second.destroyed)
    expect((await harness.postHttp2({ session })).status).toBe(200)
    expect(session.closed).toBe(false)
    session.close()
    expect(harness.log.filter(({ level }) => level === 'warn')).toEqual([])
  })

  it.each(['http/1.1', 'h2'])(
    'over %s end when no known sender has used them in time',
    async (protocol) => {
      const harness = await start({ config: { headersTimeoutMs: 100 } })
      const session = openHttp2({ ca: harness.ca, address: harness.source.address })
      const socket = tlsConnect({
        ...harness.source.address,
        ca: harness.ca,
        ALPNProtocols: [protocol],
      })
      sockets.push(socket)
      socket.on('error', () => undefined).resume()
      expect((await harness.postHttp2({ session })).status).toBe(200)
      await eventually(() => socket.destroyed)
      expect((await harness.postHttp2({ session })).status).toBe(200)
      expect(session.closed).toBe(false)
      session.close()
    },
  )

  it('of known senders stay, and others are refused beyond the configured number, with one line in the log', async () => {
    const harness = await start({ config: { maxConnections: 1 } })
    const session = openHttp2({ ca: harness.ca, address: harness.source.address })
    expect((await harness.postHttp2({ session })).status).toBe(200)
    await expect(harness.post()).rejects.toThrow(/./)
    expect((await harness.postHttp2({ session })).status).toBe(200)
    session.close()
    expect(harness.log.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'Connection was refused because webhook.maxConnections are open',
        fields: { maxConnections: 1, suppressed: 0 },
      },
    ])
  })

  it('may idle by the thousand, and trickle, while an honest sender stays fast', async () => {
    const harness = await start()
    const { address } = harness.source
    const alone = await medianPostMs(harness)
    for (let i = 0; i < 2000; i++) {
      const socket = connect(address)
      socket.on('error', () => undefined)
      sockets.push(socket)
    }
    for (let i = 0; i < 50; i++) {
      const { socket } = await rawTls(harness)
      socket.write(`${head(harness, 400_000)}{`)
    }
    await eventually(async () => (await inFlightBytes(harness)) === 50 * 400_000)
    const crowded = await medianPostMs(harness)
    // Waiting for even one of them would take a second and more.
    expect(crowded).toBeLessThan(3 * alone + 50)
  })
})
