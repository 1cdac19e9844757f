import { connect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../support/fake-clock.ts'
import { eventually, openHttp2 } from './harness.ts'
import { harnessesOfTests, head, inFlightBytes } from './harnesses.ts'

const { start, rawTls, sockets } = harnessesOfTests()

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

  it('may idle by the thousand, and trickle: an honest sender waits for none of them', async () => {
    // No time passes on it: whatever waited for one of them would wait for ever.
    const harness = await start({ clock: createFakeClock(Date.now()) })
    const { address } = harness.source
    for (let i = 0; i < 2000; i++) {
      const socket = connect(address)
      socket.on('error', () => undefined)
      sockets.push(socket)
    }
    const trickling: (() => string)[] = []
    for (let i = 0; i < 50; i++) {
      const { socket, received } = await rawTls(harness)
      socket.write(`${head(harness, 400_000)}{`)
      trickling.push(received)
    }
    await eventually(async () => (await inFlightBytes(harness)) === 50 * 400_000)
    const body = Buffer.alloc(400_000, 'x')
    for (let i = 0; i < 30; i++) expect((await harness.post({ body })).status).toBe(200)
    expect(harness.bodies).toHaveLength(30)
    expect(await inFlightBytes(harness)).toBe(50 * 400_000)
    expect(trickling.map((received) => received())).toEqual(Array(50).fill(''))
  })
})
