import { connect, type Socket } from 'node:net'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import type { ReceivedBody } from '../../../src/contracts.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import {
  eventually,
  type Harness,
  type HarnessOptions,
  metricLines,
  openHttp2,
  startHarness,
} from './harness.ts'

const kibibyte = 1024
const running: Harness[] = []
const sockets: Socket[] = []
async function start(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await startHarness(options)
  running.push(harness)
  return harness
}
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const harness of running.splice(0)) await harness.stop()
})

/** A TLS connection on which the test writes bytes itself, and what came back so far. */
async function rawTls({
  ca,
  source,
}: Harness): Promise<{ socket: TLSSocket; received: () => string }> {
  let received = ''
  const socket = tlsConnect({ ...source.address, ca })
  sockets.push(socket)
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString()
  })
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  return { socket, received: () => received }
}

function head({ token }: Harness, contentLength: number): string {
  return `POST /audit/default HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${contentLength}\r\n\r\n`
}

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

async function inFlightBytes({ metrics }: Harness): Promise<number> {
  const [line] = await metricLines(metrics, 'kubewitness_requests_in_flight_bytes')
  return Number(line?.split(' ')[1])
}

describe('a body over the limit', () => {
  const config = { maxBodyBytes: 100 * kibibyte, maxInFlightBytes: 1000 * kibibyte }
  const body = Buffer.alloc(100 * kibibyte + 1, 'x')

  it('is refused by its stated length, with an alarm that says what to change', async () => {
    const harness = await start({ config })
    const replies = [await harness.post({ body }), await harness.postHttp2({ body })]
    expect(replies.map(({ status, text }) => [status, text])).toEqual(
      Array(2).fill([
        413,
        'body of 102401 bytes or more is over the limit of 102400: use --audit-webhook-truncate-enabled or lower --audit-webhook-batch-max-size\n',
      ]),
    )
    expect(harness.alarms).toEqual(
      Array(2).fill({
        code: 'body_too_large',
        cluster: 'default',
        bytes: 102_401,
        message:
          'a body of 102401 bytes or more from cluster default is over the limit of 102400 bytes, and its events are lost when the API server has tried five times; lower --audit-webhook-batch-max-size, or set --audit-webhook-truncate-enabled with --audit-webhook-truncate-max-event-size, or raise webhook.maxBodyBytes',
      }),
    )
    expect(await metricLines(harness.metrics, 'kubewitness_requests_total')).toEqual([
      'kubewitness_requests_total{cluster="default",code="413"} 2',
    ])
  })

  it('is refused while it is read when it states no length', async () => {
    const harness = await start({ config })
    const reply = await harness.post({ body, headers: { 'transfer-encoding': 'chunked' } })
    expect([reply.status, harness.alarms.map(({ bytes }) => bytes)]).toEqual([413, [102_401]])
    expect(await inFlightBytes(harness)).toBe(0)
  })

  it('is taken when it is one byte shorter', async () => {
    const harness = await start({ config })
    expect((await harness.post({ body: body.subarray(1) })).status).toBe(200)
  })

  it('is answered before it is sent when the sender waits for leave', async () => {
    const harness = await start({ config })
    const { socket, received } = await rawTls(harness)
    socket.write(
      head(harness, 200 * kibibyte).replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'),
    )
    await eventually(() => received().includes('truncate-enabled'))
    expect(received()).toMatch(/^HTTP\/1\.1 413 /)
  })
})

describe('a gzip body', () => {
  const config = { maxBodyBytes: 100 * kibibyte, maxInFlightBytes: 1000 * kibibyte }
  const text = '{"kind":"EventList","items":[]}\n'.repeat(1000)
  const gzip = { 'content-encoding': 'gzip' }

  it.each([
    ['one member', gzipSync(text), text],
    [
      'two members',
      Buffer.concat([gzipSync('{"kind":'), gzipSync('"EventList"}')]),
      '{"kind":"EventList"}',
    ],
    ['text that is not gzip at all', Buffer.from('{}'), '{}'],
  ])('is handed on decompressed: %s', async (_, body, expected) => {
    const harness = await start({ config })
    expect((await harness.post({ headers: gzip, body })).status).toBe(200)
    expect(harness.bodies.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([expected])
  })

  it.each([
    ['cut short', gzipSync(text).subarray(0, -20)],
    ['damaged behind its text', Buffer.concat([gzipSync(text).subarray(0, -8), Buffer.alloc(8)])],
  ])('is never refused for what is in it: %s', async (_, body) => {
    const harness = await start({ config })
    expect((await harness.post({ headers: gzip, body })).status).toBe(200)
    const handedOn = Buffer.from(harness.bodies[0]!.bytes).toString()
    expect(handedOn.length).toBeGreaterThan(0)
    expect(text.startsWith(handedOn)).toBe(true)
  })

  it.each([
    ['says so', gzipSync(Buffer.alloc(10_000 * kibibyte))],
    ['denies it', Buffer.concat([gzipSync(Buffer.alloc(10_000 * kibibyte)), gzipSync('x')])],
  ])('that would be too large is refused, whether it %s', async (_, body) => {
    const harness = await start({ config })
    expect((await harness.post({ headers: gzip, body })).status).toBe(413)
    expect(harness.alarms.map(({ code }) => code)).toEqual(['body_too_large'])
    expect(await inFlightBytes(harness)).toBe(0)
  })

  it('that only claims to be too large is not refused for it', async () => {
    const harness = await start({ config })
    const body = gzipSync(text)
    body.writeUInt32LE(100 * kibibyte + 1, body.length - 4)
    expect((await harness.post({ headers: gzip, body })).status).toBe(200)
    expect(harness.alarms).toEqual([])
  })
})

describe('bytes in flight', () => {
  const config = { maxBodyBytes: 100 * kibibyte, maxInFlightBytes: 200 * kibibyte }

  it('are bounded: what does not fit gets 429 and comes back', async () => {
    const release: (() => void)[] = []
    const consumer = { consume: () => new Promise<void>((resolve) => release.push(resolve)) }
    const harness = await start({ config, consumer })
    const body = Buffer.alloc(75 * kibibyte, 'x')
    const first = harness.post({ body })
    await eventually(() => release.length === 1)
    expect(await inFlightBytes(harness)).toBe(75 * kibibyte)
    const second = harness.post({ body })
    await eventually(() => release.length === 2)
    const refused = [await harness.post({ body }), await harness.postHttp2({ body })]
    expect(refused.map(({ headers, status }) => [status, headers['retry-after']])).toEqual([
      [429, '3'],
      [429, '4'],
    ])
    for (const resolve of release) resolve()
    expect([(await first).status, (await second).status]).toEqual([200, 200])
    const again = harness.post({ body })
    await eventually(() => release.length === 3)
    release[2]!()
    expect((await again).status).toBe(200)
  })

  it('count a chunked body as it grows', async () => {
    const release: (() => void)[] = []
    const consumer = { consume: () => new Promise<void>((resolve) => release.push(resolve)) }
    const config = { maxBodyBytes: 1024 * kibibyte, maxInFlightBytes: 2048 * kibibyte }
    const harness = await start({ config, consumer })
    const chunked = { 'transfer-encoding': 'chunked' }
    const held = harness.post({ body: Buffer.alloc(1000 * kibibyte) })
    await eventually(() => release.length === 1)
    expect(
      (await harness.post({ headers: chunked, body: Buffer.alloc(900 * kibibyte) })).status,
    ).toBe(429)
    release[0]!()
    expect((await held).status).toBe(200)
    expect(await inFlightBytes(harness)).toBe(0)
  })

  it('are given back when the sender leaves in the middle', async () => {
    const harness = await start({ config })
    const { socket } = await rawTls(harness)
    socket.write(`${head(harness, 50 * kibibyte)}{"kind":`)
    await eventually(async () => (await inFlightBytes(harness)) === 50 * kibibyte)
    socket.destroy()
    await eventually(async () => (await inFlightBytes(harness)) === 0)
    expect(await metricLines(harness.metrics, 'kubewitness_requests_total')).toEqual([
      'kubewitness_requests_total{cluster="default",code="aborted"} 1',
    ])
    expect(harness.bodies).toEqual([])
  })

  it('are given back when an HTTP/2 sender leaves in the middle', async () => {
    const harness = await start({ config })
    const session = openHttp2({ address: harness.source.address, ca: harness.ca })
    const stream = session.request({
      ':method': 'POST',
      ':path': '/audit/default',
      authorization: `Bearer ${harness.token}`,
      'content-length': String(50 * kibibyte),
    })
    stream.on('error', () => undefined)
    stream.write('{"kind":')
    await eventually(async () => (await inFlightBytes(harness)) === 50 * kibibyte)
    stream.close(8)
    await eventually(async () => (await inFlightBytes(harness)) === 0)
    expect(harness.bodies).toEqual([])
    session.destroy()
  })
})

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

describe('a consumer that does not come back', () => {
  it('gets its signal aborted in time for an answer, and keeps its bytes counted', async () => {
    const clock = createFakeClock(Date.now())
    let release: (() => void) | undefined
    let signal: AbortSignal | undefined
    const consume = (_: ReceivedBody, given: AbortSignal) => {
      signal = given
      return new Promise<void>((resolve) => {
        release = resolve
      })
    }
    const harness = await start({ clock, consumer: { consume } })
    const reply = harness.post({ body: Buffer.alloc(1000) })
    await eventually(() => release !== undefined)
    await clock.advance(25_000)
    const { headers, status } = await reply
    expect([status, headers['retry-after'], signal?.aborted]).toEqual([503, '5', true])
    expect(await inFlightBytes(harness)).toBe(1000)
    release?.()
    await eventually(async () => (await inFlightBytes(harness)) === 0)
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

describe('malformed requests', () => {
  it.each([
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n'],
    ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n'],
  ])('are refused by the HTTP layer: %s', async (_, lines) => {
    const harness = await start()
    const { socket, received } = await rawTls(harness)
    socket.write(
      `POST /audit/default HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${harness.token}\r\n${lines}\r\n{}`,
    )
    await eventually(() => socket.destroyed)
    expect(received()).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(harness.bodies).toEqual([])
    expect((await harness.post()).status).toBe(200)
  })

  it('are cut off when their headers are over 16 KiB', async () => {
    const harness = await start()
    const { socket } = await rawTls(harness)
    socket.write(
      head(harness, 2).replace('\r\n\r\n', `\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n{}`),
    )
    await eventually(() => socket.destroyed)
    expect(harness.bodies).toEqual([])
  })

  it('do no harm when they break off anywhere', async () => {
    const harness = await start()
    const whole = `${head(harness, 10)}{"a":1}   `
    for (let length = 1; length < whole.length; length += 7) {
      const { socket } = await rawTls(harness)
      socket.write(whole.slice(0, length))
      socket.destroy()
    }
    expect((await harness.post()).status).toBe(200)
    await eventually(async () => (await inFlightBytes(harness)) === 0)
  })
})

describe('a sender that reads only when it has sent all', () => {
  it('sees why its body was too large', async () => {
    const harness = await start({
      config: { maxBodyBytes: 4096 * kibibyte, maxInFlightBytes: 9000 * kibibyte },
    })
    const { address } = harness.source
    const socket = tlsConnect({ ...address, ca: harness.ca })
    sockets.push(socket)
    const length = 20_000 * kibibyte
    await new Promise((resolve) => {
      socket.write(head(harness, length))
      socket.write(Buffer.alloc(length), resolve)
    })
    let received = ''
    for await (const chunk of socket) received += String(chunk)
    expect(received.startsWith('HTTP/1.1 413 ')).toBe(true)
    expect(received).toContain('truncate-enabled')
  })
})
