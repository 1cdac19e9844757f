import { connect as tlsConnect } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ReceivedBody } from '../../../src/contracts.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { eventually, metricLines, openHttp2 } from './harness.ts'
import { harnessesOfTests, head, inFlightBytes } from './harnesses.ts'

const { start, rawTls, sockets } = harnessesOfTests()

const kibibyte = 1024

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
