import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import { messageOf } from '../../../src/errors.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { authorityFile, ownCertificate } from '../../../src/sources/webhook/own-certificate.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'
import { makeAlert } from '../make-alert.ts'
import { createSinkWorld, eventually, whileTimePasses } from '../world.ts'
import { parseSyslog, unframe } from './parse.ts'
import { startDatagramReceiver, startStreamReceiver } from './receiver.ts'

const never = new AbortController().signal
const alerts = ['a', 'b', 'c'].map((id) => makeAlert({ id }))

function makeSink(options: object) {
  const world = createSinkWorld({}, { stepMs: 10 })
  const config = sinkConfigSchema.parse({
    name: 'siem',
    type: 'syslog',
    host: '127.0.0.1',
    ...options,
  })
  const sink = createSink(config, world)
  return {
    start: () => sink.start(),
    write: (batch: readonly Alert[]) => whileTimePasses(world, sink.write(batch, never)),
  }
}

function idOf(message: Buffer): string | undefined {
  return parseSyslog(message).structuredData['kubewitness@32473']?.['id']
}

const onePart = (streams: readonly Buffer[]) => streams.map((stream) => unframe(stream).map(idOf))

describe('the syslog sink over TCP', () => {
  let receiver: Awaited<ReturnType<typeof startStreamReceiver>>
  beforeEach(async () => {
    receiver = await startStreamReceiver()
  })
  afterEach(() => receiver.close())
  const sinkOf = (options: object = {}) =>
    makeSink({ transport: 'tcp', port: receiver.port, ...options })

  it('sends a batch in counted frames, in order, over one connection', async () => {
    const outcomes = await sinkOf().write(alerts)
    expect(outcomes).toEqual(Array(3).fill({ status: 'delivered' }))
    expect(onePart(receiver.streams)).toEqual([['a', 'b', 'c']])
  })

  it('ends messages with a newline when told so', async () => {
    await sinkOf({ framing: 'newline' }).write(alerts)
    const lines = receiver.streams[0]!.toString('latin1').trimEnd().split('\n')
    expect(lines.map((line) => idOf(Buffer.from(line, 'latin1')))).toEqual(['a', 'b', 'c'])
  })

  it.each(['early', 'reset'] as const)(
    'repeats everything when the receiver does not read to the end: %s',
    async (behaviour) => {
      receiver.behaviour = behaviour
      const sink = sinkOf()
      const many = Array.from({ length: 400 }, (_, i) => makeAlert({ id: `a${i}` }))
      const outcomes = await sink.write(many)
      expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['retry']))
      receiver.behaviour = 'ok'
      expect((await sink.write(alerts)).map(({ status }) => status)).toEqual(
        Array(3).fill('delivered'),
      )
    },
  )

  it('does not wait for the receiver to close when told not to', async () => {
    receiver.behaviour = 'hang'
    const outcomes = await sinkOf({ confirmByClose: false }).write(alerts)
    expect(outcomes.map(({ status }) => status)).toEqual(Array(3).fill('delivered'))
  })

  it('says that nobody listens', async () => {
    await receiver.close()
    const [outcome] = await sinkOf().write([makeAlert()])
    expect(messageOf('error' in outcome! ? outcome.error : '')).toBe(
      'sink.unavailable: sending to sink siem: ECONNREFUSED',
    )
  })
})

describe('the syslog sink over UDP to a host that there is not', () => {
  it('says that the name is unknown', async () => {
    const sink = makeSink({ host: 'receiver.invalid', transport: 'udp' })
    const [outcome] = await sink.write([makeAlert()])
    // What a resolver that cannot be reached says, or one that knows better.
    expect(messageOf('error' in outcome! ? outcome.error : '')).toMatch(
      /^sink\.unavailable: sending to sink siem: E(NOTFOUND|AI_AGAIN)$/,
    )
  })
})

describe('the syslog sink over TLS', () => {
  let folder: TemporaryFolder
  let receiver: Awaited<ReturnType<typeof startStreamReceiver>>
  let ours: Awaited<ReturnType<typeof ownCertificate>>
  beforeEach(async () => {
    folder = await createTemporaryFolder('syslog')
    ours = await ownCertificate({
      dataDirectory: folder.path,
      names: ['localhost'],
      clock: systemClock,
    })
    receiver = await startStreamReceiver(ours)
  })
  afterEach(async () => {
    await receiver.close()
    await folder.remove()
  })
  const sinkOf = (options: object) => makeSink({ port: receiver.port, ...options })

  it('sends to a receiver whose certificate it can check', async () => {
    const sink = sinkOf({ host: 'localhost', tls: { caFile: authorityFile(folder.path) } })
    await sink.start()
    expect((await sink.write(alerts)).map(({ status }) => status)).toEqual(
      Array(3).fill('delivered'),
    )
    expect(onePart(receiver.streams)).toEqual([['a', 'b', 'c']])
  })

  it.each([
    ['an authority that it does not know', 'localhost', false, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['another name than it asked for', '127.0.0.1', true, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('sends nothing to a receiver with %s', async (_, host, isKnown, code) => {
    const tls = isKnown ? { caFile: authorityFile(folder.path) } : {}
    const [outcome] = await sinkOf({ host, tls }).write(alerts)
    expect(outcome).toMatchObject({ status: 'retry', afterMs: 60_000 })
    expect(messageOf('error' in outcome! ? outcome.error : '')).toContain(code)
    expect(receiver.streams).toEqual([])
  })

  it('does not start without the file of its authority, and names it', async () => {
    const caFile = join(folder.path, 'none.pem')
    await expect(sinkOf({ tls: { caFile } }).start()).rejects.toMatchObject({
      code: 'tls.invalid',
      message: expect.stringContaining(caFile),
    })
  })
})

describe('the syslog sink over UDP', () => {
  it('sends each alert as one datagram', async () => {
    const receiver = await startDatagramReceiver()
    const sink = makeSink({ transport: 'udp', port: receiver.port })
    expect((await sink.write(alerts)).map(({ status }) => status)).toEqual(
      Array(3).fill('delivered'),
    )
    await eventually(() => receiver.messages.length === 3)
    expect(receiver.messages.map(idOf)).toEqual(['a', 'b', 'c'])
    receiver.close()
  })
})
