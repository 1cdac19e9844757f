import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createSink, sinkConfigSchema } from '../../src/sinks/table.ts'
import { makeAlert } from './make-alert.ts'
import { createSinkWorld } from './world.ts'

const never = new AbortController().signal

function makeSink(stdout: Writable) {
  return createSink(
    sinkConfigSchema.parse({ name: 'console', type: 'stdout' }),
    createSinkWorld({}, { stdout }),
  )
}

describe('the stdout sink', () => {
  it('writes one alert a line that no value can break, forge or hide', async () => {
    const stdout = new PassThrough()
    const hostile = makeAlert({
      actor: 'a\nb\r\u001b[2J\u009b2J\u202egnp\u2028\u200b\ufeff\u007f"\\',
    })
    const sink = makeSink(stdout)
    await sink.start()
    await sink.write([hostile, makeAlert()], never)
    await sink.stop(never)
    const text = String(stdout.read())
    expect(text.replaceAll('\n', '')).toMatch(/^[\x20-\x7e]*$/)
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([hostile, makeAlert()])
  })

  it('keeps alerts when the reader has gone, and does not end the process', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
    })
    const sink = makeSink(stdout)
    await sink.start()
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await sink.write([makeAlert()], never)).toMatchObject([
        { status: 'retry', error: { code: 'sink.unavailable', retryable: false } },
      ])
    }
    await sink.stop(never)
    expect(stdout.listenerCount('error')).toBe(0)
  })

  it('waits for a slow reader before it calls a batch delivered', async () => {
    const release = Promise.withResolvers<void>()
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => void release.promise.then(() => done()),
    })
    const sink = makeSink(stdout)
    await sink.start()
    let isDone = false
    const writing = sink.write([makeAlert()], never).then((outcomes) => {
      isDone = true
      return outcomes
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(isDone).toBe(false)
    release.resolve()
    expect(await writing).toEqual([{ status: 'delivered' }])
    await sink.stop(never)
  })
})
