import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Post, parseRetryAfterMs, post } from '../../src/sinks/http-post.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts'

const nowMs = Date.UTC(2026, 0, 1)

describe('Retry-After', () => {
  it.each([
    ['3', 3_000],
    [' 0 ', 0],
    ['999999999', 3_600_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j is %j ms', (header, expected) => {
    expect(parseRetryAfterMs(header, nowMs)).toBe(expected)
  })
})

describe('posting', () => {
  let server: ScriptedServer
  beforeEach(async () => {
    server = await startScriptedServer()
  })
  afterEach(() => server.close())

  const request = (changes: Partial<Post> = {}): Post => ({
    fetch,
    clock: createFakeClock(),
    url: `${server.origin}/CANARY`,
    headers: {},
    body: '{}',
    timeoutMs: 1_000,
    signal: new AbortController().signal,
    ...changes,
  })

  it('does not follow redirects', async () => {
    server.reply = () => ({ status: 307, headers: { location: '/elsewhere' } })
    expect(await post(request())).toEqual({ kind: 'answered', status: 307, text: '' })
    expect(server.requests.length).toBe(1)
  })

  it('reads no more than the start of an answer', async () => {
    server.reply = () => ({ status: 200, body: 'x'.repeat(5_000_000) })
    const reply = await post(request())
    expect(reply).toEqual({ kind: 'answered', status: 200, text: 'x'.repeat(16 * 1024) })
  })

  it('says why there is no answer without naming the address', async () => {
    await server.close()
    expect(await post(request())).toEqual({ kind: 'failed', reason: 'ECONNREFUSED' })
    expect(await post(request({ url: 'http://CANARY@/' }))).toEqual({
      kind: 'failed',
      reason: 'ERR_INVALID_URL',
    })
    expect(await post(request({ url: 'http://user:CANARY@127.0.0.1/' }))).toEqual({
      kind: 'failed',
      reason: 'TypeError',
    })
  })

  it('lets go of an answer without end', async () => {
    let isCancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(4_096)),
      cancel: () => {
        isCancelled = true
      },
    })
    await post(request({ fetch: async () => new Response(endless) }))
    expect(isCancelled).toBe(true)
  })

  it('leaves no timer behind', async () => {
    const clock = createFakeClock()
    await post(request({ clock }))
    expect(clock.sleepers).toBe(0)
  })
})
