import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSink, sinkConfigSchema } from '../../src/sinks/table.ts'
import { wordOf } from '../support/outcome-word.ts'
import { makeAlert } from './make-alert.ts'
import {
  type ReceivedRequest,
  type ScriptedServer,
  startScriptedServer,
} from './scripted-server.ts'
import { createSinkWorld } from './world.ts'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(() => server.close())

const never = new AbortController().signal

function makeSink(options: object = {}, secrets: Record<string, string> = {}) {
  const world = createSinkWorld(secrets)
  const config = sinkConfigSchema.parse({
    name: 'hook',
    type: 'webhook',
    url: `${server.origin}/alerts`,
    ...options,
  })
  return { world, sink: createSink(config, world) }
}

function idsOf({ body }: ReceivedRequest): string[] {
  return (JSON.parse(body) as { alerts: { id: string }[] }).alerts.map(({ id }) => id)
}

function batch(count: number) {
  return Array.from({ length: count }, (_, i) => makeAlert({ id: `a${i}` }))
}

describe('the webhook sink', () => {
  it('posts JSON with a schema, a stable idempotency key and no signature unless asked', async () => {
    const { sink } = makeSink()
    await sink.write([makeAlert()], never)
    await sink.write([makeAlert()], never)
    await sink.write([makeAlert({ revision: 2 })], never)
    const [first, second, third] = server.requests
    expect(first).toMatchObject({
      method: 'POST',
      path: '/alerts',
      headers: { 'content-type': 'application/json', 'user-agent': 'kubewitness' },
    })
    expect(JSON.parse(first!.body)).toEqual({
      schema: 'kubewitness.alerts/v1',
      alerts: [makeAlert()],
    })
    expect(first!.headers['x-kubewitness-signature']).toBeUndefined()
    expect(first!.headers['idempotency-key']).toMatch(/^[0-9a-f]{64}$/)
    expect(second!.headers['idempotency-key']).toBe(first!.headers['idempotency-key'])
    expect(third!.headers['idempotency-key']).not.toBe(first!.headers['idempotency-key'])
  })

  it('signs time and body', async () => {
    const { sink, world } = makeSink({ secretFile: 'hmac' }, { hmac: 'CANARY' })
    await sink.write([makeAlert()], never)
    const { headers, body } = server.requests[0]!
    const seconds = world.clock.nowMs() / 1000
    const hex = createHmac('sha256', 'CANARY').update(`${seconds}.${body}`).digest('hex')
    expect(headers['x-kubewitness-signature']).toBe(`t=${seconds},v1=${hex}`)
  })

  it.each([
    [200, 'delivered'],
    [202, 'delivered'],
    [204, 'delivered'],
    [
      301,
      'retry sink.unavailable: posting to sink hook: answered 301; redirects are not followed: configure the final address',
    ],
    [400, 'rejected sink.rejected: posting to sink hook: answered 400'],
    [
      401,
      'retry sink.unavailable: posting to sink hook: answered 401; check the address and the secret; the alerts are kept',
    ],
    [
      403,
      'retry sink.unavailable: posting to sink hook: answered 403; check the address and the secret; the alerts are kept',
    ],
    [
      404,
      'retry sink.unavailable: posting to sink hook: answered 404; check the address and the secret; the alerts are kept',
    ],
    [408, 'retry sink.unavailable: posting to sink hook: answered 408'],
    [413, 'rejected sink.rejected: posting to sink hook: answered 413'],
    [422, 'rejected sink.rejected: posting to sink hook: answered 422'],
    [425, 'retry sink.unavailable: posting to sink hook: answered 425'],
    [429, 'retry sink.unavailable: posting to sink hook: answered 429'],
    [500, 'retry sink.unavailable: posting to sink hook: answered 500'],
    [503, 'retry sink.unavailable: posting to sink hook: answered 503'],
  ])('takes the answer %i as: %s', async (status, expected) => {
    server.reply = () => ({ status })
    const { sink } = makeSink()
    expect(wordOf((await sink.write([makeAlert()], never))[0])).toBe(expected)
  })

  it('passes on how long the other side wants to be left alone', async () => {
    server.reply = () => ({ status: 429, headers: { 'retry-after': '17' } })
    const { sink } = makeSink()
    expect(await sink.write([makeAlert()], never)).toMatchObject([{ afterMs: 17_000 }])
  })

  it('splits a batch that is too large, and delivers every part once', async () => {
    const taken: string[] = []
    server.reply = (request) => {
      const ids = idsOf(request)
      if (ids.length > 3) return { status: 413 }
      taken.push(...ids)
      return { status: 200 }
    }
    const { sink } = makeSink()
    const outcomes = await sink.write(batch(10), never)
    expect(outcomes.map(({ status }) => status)).toEqual(Array(10).fill('delivered'))
    expect(taken).toEqual(batch(10).map(({ id }) => id))
  })

  it('finds the one alert that makes the receiver fail with 500', async () => {
    server.reply = (request) => ({ status: idsOf(request).includes('a6') ? 500 : 200 })
    const { sink } = makeSink()
    const outcomes = await sink.write(batch(10), never)
    expect(outcomes.map(({ status }) => status)).toEqual(
      batch(10).map(({ id }) => (id === 'a6' ? 'retry' : 'delivered')),
    )
  })

  it('goes on to the next alert after one that fails, when each is posted alone', async () => {
    server.reply = (request) => ({ status: idsOf(request).includes('a0') ? 500 : 200 })
    const { sink } = makeSink({ maxItems: 1 })
    expect(sink.limits.maxItems).toBe(100)
    const outcomes = await sink.write(batch(3), never)
    expect(outcomes.map(({ status }) => status)).toEqual(['retry', 'delivered', 'delivered'])
    expect(server.requests.map(idsOf)).toEqual([['a0'], ['a1'], ['a2']])
  })

  it('does not try the rest once the receiver is down', async () => {
    server.reply = () => ({ status: server.requests.length === 2 ? 503 : 200 })
    const { sink } = makeSink({ maxItems: 1 })
    const outcomes = await sink.write(batch(4), never)
    expect(outcomes.map(({ status }) => status)).toEqual(['delivered', 'retry', 'retry', 'retry'])
    expect(server.requests.length).toBe(2)
  })

  it('neither floods a receiver that refuses everything, nor rejects an alert that was not refused alone', async () => {
    server.reply = () => ({ status: 400 })
    const { sink } = makeSink()
    const outcomes = await sink.write(batch(100), never)
    expect(server.requests.length).toBe(33)
    const rejected = outcomes.filter(({ status }) => status === 'rejected').length
    const asked = server.requests.filter((request) => idsOf(request).length === 1).length
    expect([rejected, outcomes.length]).toEqual([asked, 100])
  })

  it('reads the key of its signature again once that is no longer accepted', async () => {
    const { sink, world } = makeSink({ secretFile: 'hmac' }, { hmac: 'CANARY-old' })
    server.reply = ({ body, headers }) => {
      const signed = String(headers['x-kubewitness-signature'])
      const time = /t=(\d+)/.exec(signed)?.[1]
      const hex = createHmac('sha256', 'CANARY-new').update(`${time}.${body}`).digest('hex')
      return { status: signed.endsWith(hex) ? 200 : 403 }
    }
    await sink.start()
    world.secrets.set('hmac', 'CANARY-new')
    expect((await sink.write([makeAlert()], never))[0]?.status).toBe('retry')
    expect((await sink.write([makeAlert()], never))[0]?.status).toBe('delivered')
  })

  it('reads its address again once that is no longer accepted', async () => {
    const { sink, world } = makeSink(
      { url: undefined, urlFile: 'url' },
      { url: `${server.origin}/old` },
    )
    server.reply = ({ path }) => ({ status: path === '/new' ? 200 : 404 })
    await sink.start()
    world.secrets.set('url', `${server.origin}/new`)
    expect((await sink.write([makeAlert()], never))[0]?.status).toBe('retry')
    expect((await sink.write([makeAlert()], never))[0]?.status).toBe('delivered')
  })

  it('posts what its template makes of each alert, alone, with headers and a signature of it', async () => {
    const { sink, world } = makeSink(
      {
        body: { text: '{{rule.level}}: {{summary}}', number: '{{count}}' },
        headers: { 'X-Title': '{{rule.title}} – {{cluster}}', Authorization: { file: 'token' } },
        secretFile: 'hmac',
      },
      { hmac: 'CANARY', token: 'Bearer CANARY' },
    )
    const outcomes = await sink.write(batch(2), never)
    expect(outcomes.map(({ status }) => status)).toEqual(['delivered', 'delivered'])
    const [first, second] = server.requests
    const body = '{"text":"medium: alice@example.com opened a shell in pod shop/web-0","number":1}'
    expect([first!.body, second!.body]).toEqual([body, body])
    const seconds = world.clock.nowMs() / 1000
    const hex = createHmac('sha256', 'CANARY').update(`${seconds}.${body}`).digest('hex')
    expect(first!.headers).toMatchObject({
      'content-type': 'application/json',
      'x-title': 'Shell in a pod %E2%80%93 prod',
      authorization: 'Bearer CANARY',
      'x-kubewitness-signature': `t=${seconds},v1=${hex}`,
    })
    // Equal texts about different alerts are no repeats.
    expect(first!.headers['idempotency-key']).not.toBe(second!.headers['idempotency-key'])
  })

  it('posts a text, in which no value can begin a line', async () => {
    const { sink } = makeSink({
      text: '{{rule.title}}\n{{summary}}',
      headers: { Title: '{{actor}}' },
    })
    const hostile = 'x\r\nevil: 1\u202e'
    await sink.write([makeAlert({ actor: hostile, summary: hostile })], never)
    const { body, headers } = server.requests[0]!
    expect(body).toBe('Shell in a pod\nx evil: 1')
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      title: 'x evil: 1',
    })
  })

  it.each([
    'ftp://example.com/',
    'http://user@example.com/',
    'http://:CANARY@example.com/',
    'example.com/CANARY',
    '',
  ])('does not start with the address %j, and does not repeat it', async (url) => {
    const { sink } = makeSink({ url: undefined, urlFile: 'url' }, { url })
    await expect(sink.start()).rejects.toMatchObject({
      code: 'config.invalid',
      message: 'reading the address of sink hook: not a usable URL',
    })
  })
})
