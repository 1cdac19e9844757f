import { setImmediate as tick } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { recordedBody } from '../support/bodies.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { createFaultProxy } from '../support/fault-proxy.ts'
import { createRandom } from '../support/random.ts'
import {
  createScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../support/scripted-server.ts'
import { createSender, type Sender, type SenderOptions } from '../support/sender.ts'

const body = Buffer.from('{"kind":"EventList","items":[]}\n')
const never = new AbortController().signal
const good: ScriptedAnswer = { status: 200 }
const open: { close(): void | Promise<void> }[] = []

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

/** A sender and a server that gives the answers in turn, the last one again and again. */
async function connected(
  answers: readonly ScriptedAnswer[],
  options: Partial<SenderOptions> = {},
): Promise<{ sender: Sender; server: ScriptedServer; clock: FakeClock }> {
  const clock = createFakeClock()
  const server = await createScriptedServer(
    (index) => answers[Math.min(index, answers.length - 1)]!,
  )
  const { url, ca } = server
  const sender = createSender({ url, ca, protocol: 'h2', clock, random: () => 0, ...options })
  open.push(server, sender)
  return { sender, server, clock }
}

/** Waits for the sender to be asleep, and says how long it had to be woken after: the least wait, in steps of `stepMs`. */
async function sleepOf(clock: FakeClock, stepMs: number): Promise<number> {
  await until(() => clock.sleepers === 1)
  for (let passedMs = 0; passedMs < 120_000; passedMs += stepMs) {
    await clock.advance(stepMs)
    if (clock.sleepers === 0) return passedMs + stepMs
  }
  throw new Error('it slept for more than two minutes')
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('it never happened')
    await tick()
  }
}

describe.each(['h2', 'h1'] as const)('a sender over %s', (protocol) => {
  it('posts with exactly the recorded request line and headers', async () => {
    const { sender, server } = await connected([good], { protocol, token: 'CANARY-token' })
    const url = `${server.url}/?ignored=yes#too`
    const other = createSender({ url, ca: server.ca, protocol, random: () => 0 })
    open.push(other)
    const result = await sender.send(body, never)
    await other.send(body, never)

    expect(result).toMatchObject({
      outcome: 'accepted',
      acknowledged: true,
      status: 200,
      attempts: 1,
    })
    const [first, second] = server.requests
    expect(first).toMatchObject({ method: 'POST', path: '/audit/test?timeout=30s', body })
    expect(second!.path).toBe('/audit/test?timeout=30s')
    const version = protocol === 'h2' ? '2.0' : '1.1'
    const expected = {
      accept: 'application/json, */*',
      'accept-encoding': 'gzip',
      authorization: 'Bearer CANARY-token',
      'content-length': String(body.length),
      'content-type': 'application/json',
      'user-agent': `Go-http-client/${version}`,
      ...(protocol === 'h1' ? { host: `127.0.0.1:${server.port}` } : {}),
    }
    expect(headersOf(first!.rawHeaders)).toEqual(expected)
    const { authorization: _, ...withoutToken } = expected
    expect(headersOf(second!.rawHeaders)).toEqual(withoutToken)
    expect(first!.httpVersion).toBe(version)
  })

  it('keeps its connection, and dials again after it broke', async () => {
    const { sender, server, clock } = await connected([good, good, 'reset', good], { protocol })
    await sender.send(body, never)
    await sender.send(body, never)
    expect(server.connections).toBe(1)

    const sending = sender.send(body, never)
    expect(await sleepOf(clock, 1_000)).toBe(10_000)
    expect(await sending).toMatchObject({ outcome: 'accepted', attempts: 2 })
    expect(server.connections).toBe(2)
    expect(sender.dials).toBe(2)
  })

  it('makes five attempts on any error, with the waits of an API server', async () => {
    const answers: ScriptedAnswer[] = ['reset', { status: 400 }, { status: 413 }, { status: 503 }]
    const { sender, server, clock } = await connected([...answers, { status: 404 }], { protocol })
    const sending = sender.send(body, never)
    const waitsMs = []
    for (let i = 0; i < 4; i++) waitsMs.push(await sleepOf(clock, 250))
    const result = await sending

    expect(waitsMs).toEqual([10_000, 15_000, 22_500, 33_750])
    expect(result).toMatchObject({
      outcome: 'dropped',
      acknowledged: false,
      status: 404,
      attempts: 5,
    })
    expect(result.tries.map(({ attempt, outcome, status }) => [attempt, outcome, status])).toEqual([
      [1, 'failed', undefined],
      [2, 'failed', 400],
      [3, 'failed', 413],
      [4, 'failed', 503],
      [5, 'failed', 404],
    ])
    expect(result.tries[0]!.error).toBeTypeOf('string')
    expect(server.requests).toHaveLength(5)
  })

  it('sends a recorded body of 440 KB whole', async () => {
    const { sender, server } = await connected([good], { protocol })
    const { bytes } = recordedBody('metadata')
    await sender.send(bytes, never)
    expect(server.requests[0]!.body.equals(bytes)).toBe(true)
  })

  it('gives a silent connection up and tries on a new one', async () => {
    const { sender, server, clock } = await connected(['silence', good], {
      protocol,
      exchangeTimeoutMs: 400,
    })
    const sending = sender.send(body, never)
    await sleepOf(clock, 1_000)
    const result = await sending
    expect(result).toMatchObject({ outcome: 'accepted', attempts: 2 })
    expect(server.connections).toBe(2)
  })

  it('does not resend within an attempt when the connection fails', async () => {
    const { sender, clock, server } = await connected([good], { protocol })
    const proxy = await createFaultProxy({ targetPort: server.port })
    open.push(proxy)
    await proxy.setFault({ kind: 'refuse' })
    const url = `https://127.0.0.1:${proxy.port}/audit/test`
    const cut = createSender({ url, ca: server.ca, protocol, clock, random: () => 0 })
    open.push(cut, sender)
    const sending = cut.send(body, never)
    await until(() => clock.sleepers === 1)
    await proxy.setFault({ kind: 'none' })
    await clock.advance(10_000)
    const result = await sending
    expect(result.tries.map((entry) => entry.attempt)).toEqual([1, 2])
    expect(result.tries[0]!.error).toContain('ECONNREFUSED')
  })

  it('stops when told to, between attempts', async () => {
    const { sender, clock } = await connected([{ status: 500 }], { protocol })
    const abort = new AbortController()
    const sending = sender.send(body, abort.signal)
    await until(() => clock.sleepers === 1)
    abort.abort()
    expect(await sending).toMatchObject({ outcome: 'aborted', attempts: 1, acknowledged: false })
    expect(clock.sleepers).toBe(0)
  })
})

describe('many at a time', () => {
  it('share one connection over h2, and each is answered', async () => {
    const { sender, server } = await connected([good])
    const results = await Promise.all(Array.from({ length: 60 }, () => sender.send(body, never)))
    expect(results.every((result) => result.outcome === 'accepted')).toBe(true)
    expect([server.requests.length, server.connections]).toEqual([60, 1])
  })

  /** A server that says nothing to `silent`, and answers `slow` when told to. */
  async function withSlowServer(options: Partial<SenderOptions> = {}) {
    const silent = Buffer.from('say nothing')
    const slow = Buffer.from('wait')
    const gate = Promise.withResolvers<void>()
    const server = await createScriptedServer(async (_, request) => {
      if (request.body.equals(slow)) await gate.promise
      return request.body.equals(silent) ? 'silence' : good
    })
    const clock = createFakeClock()
    const { url, ca } = server
    const sender = createSender({ url, ca, protocol: 'h2', random: () => 0, clock, ...options })
    open.push(server, sender)
    return { sender, server, clock, silent, slow, answerSlow: gate.resolve }
  }

  it('do not suffer from one that is given up', async () => {
    const { sender, server, silent, slow, answerSlow } = await withSlowServer()
    const abort = new AbortController()
    const abandoned = sender.send(silent, abort.signal)
    const kept = sender.send(slow, never)
    await until(() => server.requests.length === 2)
    abort.abort()
    expect(await abandoned).toMatchObject({ outcome: 'aborted', attempts: 1 })
    answerSlow()
    expect(await kept).toMatchObject({ outcome: 'accepted', attempts: 1 })
    expect(await sender.send(body, never)).toMatchObject({ outcome: 'accepted' })
    expect(sender.dials).toBe(1)
  })

  it('end on the old connection when one timed out on it, and new ones dial', async () => {
    const { sender, clock, silent, slow, answerSlow } = await withSlowServer({
      exchangeTimeoutMs: 1_000,
    })
    const abort = new AbortController()
    const startedMs = performance.now()
    const timedOut = sender.send(silent, abort.signal)
    await until(() => performance.now() - startedMs > 500)
    const kept = sender.send(slow, never)
    await until(() => clock.sleepers === 1)
    answerSlow()
    expect(await kept).toMatchObject({ outcome: 'accepted', attempts: 1 })
    expect(sender.dials).toBe(1)
    expect(await sender.send(body, never)).toMatchObject({ outcome: 'accepted', attempts: 1 })
    expect(sender.dials).toBe(2)
    abort.abort()
    expect(await timedOut).toMatchObject({ outcome: 'aborted', attempts: 1 })
  })
})

describe('what counts as success', () => {
  it.each([200, 201, 202, 203, 204, 205, 206])('takes %i', async (status) => {
    const { sender } = await connected([{ status }])
    expect(await sender.send(body, never)).toMatchObject({ outcome: 'accepted', status })
  })

  it.each([207, 226, 301, 302, 400, 401, 500])('takes %i for an error', async (status) => {
    const { sender, clock } = await connected([{ status }, good])
    const sending = sender.send(body, never)
    await sleepOf(clock, 1_000)
    const result = await sending
    expect(result.tries[0]).toEqual({ attempt: 1, waitedMs: 0, outcome: 'failed', status })
  })

  it.each(['application/json', 'text/plain; charset=utf-8', 'text/plain; name="a\\"b"; ', 'token'])(
    'parses the content type %s',
    async (type) => {
      const { sender } = await connected([
        { status: 200, headers: { 'content-type': type }, body: 'ok' },
      ])
      expect(await sender.send(body, never)).toMatchObject({ outcome: 'accepted' })
    },
  )

  it.each([
    'text/',
    '/',
    'text/plain charset=utf-8',
    'text/plain; charset',
    'a/b/c',
    'text/plain; =x',
  ])(
    'takes a 200 with the content type "%s" for an error that may have been stored',
    async (type) => {
      const { sender, clock } = await connected([
        { status: 200, headers: { 'content-type': type } },
        good,
      ])
      const sending = sender.send(body, never)
      await sleepOf(clock, 1_000)
      const [first] = (await sending).tries
      expect(first).toMatchObject({ outcome: 'failed', status: 200 })
    },
  )
})

describe('the inner layer', () => {
  const busy = (seconds: string, status = 429): ScriptedAnswer => ({
    status,
    headers: { 'retry-after': seconds },
  })

  it('sleeps as long as Retry-After says and resends, within one attempt', async () => {
    const { sender, clock } = await connected([busy('2'), busy('5', 503), good])
    const sending = sender.send(body, never)
    expect([await sleepOf(clock, 500), await sleepOf(clock, 500)]).toEqual([2_000, 5_000])
    const { tries, ...result } = await sending
    expect(result).toMatchObject({ outcome: 'accepted', attempts: 1 })
    expect(tries.map(({ attempt, waitedMs, status }) => [attempt, waitedMs, status])).toEqual([
      [1, 0, 429],
      [1, 2_000, 503],
      [1, 5_000, 200],
    ])
  })

  it('resends ten times at most, then the outer layer waits', async () => {
    const { sender, clock, server } = await connected([...Array(11).fill(busy('1')), good])
    const sending = sender.send(body, never)
    for (let i = 0; i < 10; i++) expect(await sleepOf(clock, 500)).toBe(1_000)
    expect(await sleepOf(clock, 500)).toBe(10_000)
    const result = await sending
    expect(result.tries.map((entry) => entry.attempt)).toEqual([...Array(11).fill(1), 2])
    expect(server.requests).toHaveLength(12)
  })

  it('fails at its deadline of 30 s, counted over all resends', async () => {
    const { sender, clock } = await connected([busy('20'), busy('20'), good])
    const sending = sender.send(body, never)
    expect(await sleepOf(clock, 1_000)).toBe(20_000)
    // The 10 s that are left, less what the exchanges took, and at once the 10 s before the next attempt.
    expect(await sleepOf(clock, 1_000)).toBe(20_000)
    const result = await sending
    expect(result.tries.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 429],
      [1, 429],
      [2, 200],
    ])
    expect(result.tries[2]!.waitedMs).toBeGreaterThan(19_000)
    expect(result.tries[2]!.waitedMs).toBeLessThan(20_000)
  })

  it.each(['Wed, 21 Oct 2026 07:28:00 GMT', '1.5', '', 'soon'])(
    'ignores the Retry-After "%s"',
    async (value) => {
      const { sender, clock } = await connected([busy(value), good])
      const sending = sender.send(body, never)
      expect(await sleepOf(clock, 1_000)).toBe(10_000)
      expect((await sending).tries.map((entry) => entry.attempt)).toEqual([1, 2])
    },
  )

  it('ignores Retry-After on any other status', async () => {
    const { sender, clock } = await connected([busy('1', 404), good])
    const sending = sender.send(body, never)
    expect(await sleepOf(clock, 1_000)).toBe(10_000)
    expect((await sending).tries).toHaveLength(2)
  })
})

describe('scaled time and lost answers', () => {
  it('sleeps a hundredth when told so, and reports the wait in full', async () => {
    const { sender, clock } = await connected([{ status: 500 }, good], { timeScale: 0.01 })
    const sending = sender.send(body, never)
    expect(await sleepOf(clock, 10)).toBe(100)
    expect((await sending).tries[1]!.waitedMs).toBe(10_000)
  })

  it('waits up to a fifth longer at random', async () => {
    const { sender, clock } = await connected([{ status: 500 }, good], { random: () => 0.5 })
    const sending = sender.send(body, never)
    expect(await sleepOf(clock, 500)).toBe(11_000)
    await sending
  })

  it('resends identical bytes when an answer was lost, and knows that it was acknowledged', async () => {
    const rolls = [0.1, 0, 0.9]
    const { sender, clock, server } = await connected([good], {
      loseAnswers: 0.5,
      random: () => rolls.shift()!,
    })
    const sending = sender.send(body, never)
    await sleepOf(clock, 1_000)
    const result = await sending
    expect(result.tries.map((entry) => entry.outcome)).toEqual(['lost', 'accepted'])
    expect(server.requests.map((request) => request.body.toString())).toEqual([
      body.toString(),
      body.toString(),
    ])
  })

  it('reports a body as acknowledged even when every answer was lost', async () => {
    const { sender, clock } = await connected([good], { loseAnswers: 1, random: createRandom(1) })
    const sending = sender.send(body, never)
    for (let i = 0; i < 4; i++) await sleepOf(clock, 1_000)
    expect(await sending).toMatchObject({ outcome: 'dropped', acknowledged: true, attempts: 5 })
  })
})

function headersOf(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let i = 0; i < raw.length; i += 2) {
    if (!raw[i]!.startsWith(':')) headers[raw[i]!.toLowerCase()] = raw[i + 1]!
  }
  return headers
}
