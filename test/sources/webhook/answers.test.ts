import { readFile, writeFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { KubewitnessError } from '../../../src/errors.ts'
import { type Harness, metricLines } from './harness.ts'
import { harnessesOfTests } from './harnesses.ts'

const { start } = harnessesOfTests()

const eventList = '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[]}\n'

describe('a body that was taken', () => {
  it('is answered 200 without content over HTTP/1.1', async () => {
    const harness = await start()
    const reply = await harness.post({ body: eventList })
    expect({ status: reply.status, text: reply.text }).toEqual({ status: 200, text: '' })
    expect(reply.headers['content-length']).toBe('0')
    expect(reply.headers['content-type']).toBeUndefined()
    expect(
      harness.bodies.map(({ bytes, cluster }) => [cluster, Buffer.from(bytes).toString()]),
    ).toEqual([['default', eventList]])
  })

  it('is answered 200 without content over HTTP/2', async () => {
    const harness = await start()
    const reply = await harness.postHttp2({ body: eventList })
    expect({ status: reply.status, text: reply.text }).toEqual({ status: 200, text: '' })
    expect(reply.headers['content-type']).toBeUndefined()
    expect(harness.bodies.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([eventList])
  })

  it('shares its memory with nobody, so that it can go to another thread', async () => {
    const harness = await start()
    await harness.post({ body: eventList })
    const { bytes } = harness.bodies[0]!
    expect([bytes.byteOffset, bytes.buffer.byteLength]).toEqual([0, eventList.length])
  })

  it.each([
    'application/json; charset=utf-8',
    'text/plain',
    '',
    'nonsense;;',
    'application/x-www-form-urlencoded',
  ])('is taken whatever its content type: %j', async (type) => {
    const harness = await start()
    expect((await harness.post({ headers: { 'content-type': type } })).status).toBe(200)
  })

  it.each([
    '/audit/default',
    '/audit/default/',
    '/audit/default?timeout=30s&x=%ff',
    '/audit/default/?a',
  ])('may be posted to %s', async (path) => {
    const harness = await start()
    expect((await harness.post({ path })).status).toBe(200)
  })

  it('may be empty', async () => {
    const harness = await start()
    expect((await harness.post({ body: '' })).status).toBe(200)
    expect(harness.bodies.map(({ bytes }) => bytes.length)).toEqual([0])
  })

  it('may come in chunks without a stated length', async () => {
    const harness = await start()
    const body = Buffer.alloc(3_000_001, 'x')
    const reply = await harness.post({ headers: { 'transfer-encoding': 'chunked' }, body })
    expect(reply.status).toBe(200)
    expect(Buffer.compare(harness.bodies[0]!.bytes, body)).toBe(0)
  })

  it('counts by cluster, bytes and status', async () => {
    const harness = await start()
    await harness.post({ body: eventList })
    await harness.post({ token: 'wrong' })
    expect(await metricLines(harness.metrics, 'kubewitness_requests_total')).toEqual([
      'kubewitness_requests_total{cluster="default",code="200"} 1',
      'kubewitness_requests_total{cluster="",code="401"} 1',
    ])
    expect(await metricLines(harness.metrics, 'kubewitness_request_bytes_total')).toEqual([
      `kubewitness_request_bytes_total{cluster="default"} ${eventList.length}`,
    ])
    expect(await metricLines(harness.metrics, 'kubewitness_requests_in_flight_bytes')).toEqual([
      'kubewitness_requests_in_flight_bytes 0',
    ])
  })
})

describe('a refusal', () => {
  const cases: readonly [string, Parameters<Harness['post']>[0], number][] = [
    ['no token', { token: undefined }, 401],
    ['a wrong token', { token: 'CANARY-wrong' }, 401],
    ['an unknown cluster and no token', { path: '/audit/other', token: undefined }, 401],
    ['another method, whoever asks', { method: 'PUT', token: undefined }, 405],
    ['another path', { path: '/', token: undefined }, 404],
    ['a path below a cluster', { path: '/audit/default/more' }, 404],
    ['an unknown cluster and a known token', { path: '/audit/other' }, 404],
    ['an encoding we cannot read', { headers: { 'content-encoding': 'br' } }, 415],
    ['an encoding twice', { headers: { 'content-encoding': 'gzip, gzip' } }, 415],
    ['another scheme', { headers: { authorization: 'Basic CANARY' } }, 401],
  ]
  it.each(cases)('says in one line what to do: %s', async (_, post, status) => {
    const harness = await start()
    for (const reply of [await harness.post(post), await harness.postHttp2(post)]) {
      expect(reply.status).toBe(status)
      expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8')
      expect(reply.text).toMatch(/^[^\n]{10,199}\n$/)
    }
    expect(harness.bodies).toEqual([])
    expect(JSON.stringify(harness.log)).not.toContain('CANARY')
  })

  it('names the allowed method', async () => {
    const harness = await start()
    expect((await harness.post({ method: 'GET', body: '' })).headers['allow']).toBe('POST')
  })

  it('tells a stranger the same about every cluster', async () => {
    const harness = await start()
    const known = await harness.post({ token: 'wrong' })
    const unknown = await harness.post({ token: 'wrong', path: '/audit/nobody' })
    expect([unknown.status, unknown.text]).toEqual([known.status, known.text])
  })

  it('is said in the diagnostics, once for many, without what the stranger sent', async () => {
    const { log, post } = await start()
    for (let i = 0; i < 3; i++) await post({ token: 'CANARY-token', path: '/audit/CANARY-name' })
    const said = log.filter(({ level }) => level === 'warn')
    expect(said).toEqual([
      {
        level: 'warn',
        message: 'A request was refused before its body was read',
        fields: {
          peer: '127.0.0.1',
          status: 401,
          reason: expect.stringContaining('token missing or wrong for this path'),
          suppressed: 0,
        },
      },
    ])
    expect(JSON.stringify(log)).not.toContain('CANARY')
  })

  it('is what a token given twice gets, even if one of them is right', async () => {
    const harness = await start()
    const authorization = [`Bearer ${harness.token}`, 'Bearer other']
    expect((await harness.post({ headers: { authorization } })).status).toBe(401)
  })

  it('leaves the connection open behind an ordinary batch', async () => {
    const harness = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const body = Buffer.alloc(450_000, 'x')
    expect((await harness.post({ agent, body, token: 'wrong' })).headers['connection']).toBe(
      'keep-alive',
    )
    expect((await harness.post({ agent, body })).status).toBe(200)
    agent.destroy()
  })
})

describe('a consumer that does not take a body', () => {
  const reject = (error: Error) => ({ consume: () => Promise.reject(error) })

  it.each([
    [200, '1'],
    [1500, '2'],
    [60_000, '5'],
  ])('and comes back in %d ms gives 503 with Retry-After %s', async (retryAfterMs, seconds) => {
    const error = new KubewitnessError('log.full', 'no room', { retryable: true, retryAfterMs })
    const harness = await start({ consumer: reject(error) })
    const reply = await harness.post()
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, seconds])
    expect(harness.log.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('for another reason gives 503 with Retry-After 5 and one line in the log', async () => {
    const harness = await start({ consumer: reject(new Error('disk on fire')) })
    const replies = [await harness.post(), await harness.postHttp2()]
    expect(replies.map(({ headers, status }) => [status, headers['retry-after']])).toEqual([
      [503, '5'],
      [503, '5'],
    ])
    expect(harness.log.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        message: 'Batch was not stored; the sender will send it again',
        fields: { cluster: 'default', error: 'disk on fire', suppressed: 0 },
      },
    ])
  })
})

describe('reloading tokens', () => {
  it('takes a new token at once, also on an open connection', async () => {
    const harness = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect((await harness.post({ agent })).status).toBe(200)
    await writeFile(join(harness.dataDirectory, 'tokens', 'default'), 'new-token\n')
    await harness.source.reloadTokens()
    expect((await harness.post({ agent })).status).toBe(401)
    expect((await harness.post({ agent, token: 'new-token' })).status).toBe(200)
    agent.destroy()
  })

  it('takes every line of a file, so that a token can be replaced without a gap', async () => {
    const harness = await start()
    await writeFile(join(harness.dataDirectory, 'tokens', 'default'), `${harness.token}\nsecond\n`)
    await harness.source.reloadTokens()
    expect((await harness.post()).status).toBe(200)
    expect((await harness.post({ token: 'second' })).status).toBe(200)
  })

  it.each([
    ['empty', ' \n', 'is empty'],
    ['broken', 'two words\n', 'holds something that is no token'],
  ])('refuses a file that is %s, names it and keeps the old token', async (_, text, reason) => {
    const harness = await start()
    const path = join(harness.dataDirectory, 'tokens', 'default')
    await writeFile(path, text)
    await expect(harness.source.reloadTokens()).rejects.toMatchObject({
      code: 'config.secret',
      message: `the token file ${path} ${reason}`,
    })
    expect((await harness.post()).status).toBe(200)
  })

  it('keeps the tokens of all clusters when one file is broken', async () => {
    const harness = await start({ config: { clusters: [{ name: 'default' }, { name: 'two' }] } })
    const two = join(harness.dataDirectory, 'tokens', 'two')
    const oldToken = (await readFile(two, 'utf8')).trim()
    await writeFile(join(harness.dataDirectory, 'tokens', 'default'), 'changed')
    await writeFile(two, '')
    await expect(harness.source.reloadTokens()).rejects.toMatchObject({ code: 'config.secret' })
    expect((await harness.post()).status).toBe(200)
    expect((await harness.post({ path: '/audit/two', token: oldToken })).status).toBe(200)
    expect((await harness.post({ path: '/audit/two' })).status).toBe(401)
  })
})
