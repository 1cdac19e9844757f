import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Alert } from '../../../src/contracts.ts'
import { createSink, sinkConfigSchema } from '../../../src/sinks/table.ts'
import { wordOf } from '../../support/outcome-word.ts'
import { makeAlert } from '../make-alert.ts'
import { type ScriptedServer, startScriptedServer } from '../scripted-server.ts'
import { createSinkWorld } from '../world.ts'
import { signatureProblem } from './verify-signature.ts'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(() => server.close())

const never = new AbortController().signal

function makeSink(options: object = {}) {
  const world = createSinkWorld({ id: 'AKIACANARY', key: 'CANARY-key', token: 'CANARY-token' })
  const config = sinkConfigSchema.parse({
    name: 'lake',
    type: 's3',
    bucket: 'alerts',
    region: 'eu-central-1',
    endpoint: server.origin,
    accessKeyIdFile: 'id',
    secretAccessKeyFile: 'key',
    ...options,
  })
  return { world, sink: createSink(config, world) }
}

function stored(): { path: string; alerts: Alert[] }[] {
  return server.requests.map(({ path, bytes }) => ({
    path,
    alerts: gunzipSync(bytes)
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line): Alert => JSON.parse(line)),
  }))
}

describe('the S3 sink', () => {
  it('puts a batch as one object of compressed lines, signed as a whole', async () => {
    const { sink } = makeSink()
    const batch = [makeAlert({ id: 'a' }), makeAlert({ id: 'b' })]
    expect(await sink.write(batch, never)).toEqual(Array(2).fill({ status: 'delivered' }))
    expect(stored()).toEqual([
      {
        path: '/alerts/kubewitness/alerts/dt=2026-01-01/hour=00/20260101T000005Z-a-1.ndjson.gz',
        alerts: batch,
      },
    ])
    const request = server.requests[0]!
    expect(request).toMatchObject({
      method: 'PUT',
      headers: { 'content-type': 'application/gzip' },
    })
    expect(signatureProblem(request, 'CANARY-key')).toBeUndefined()
    expect(signatureProblem(request, 'another')).toBe('the signature is another')
    expect(String(request.headers['authorization'])).toContain('/eu-central-1/s3/aws4_request')
  })

  it('puts a batch that comes again, with more behind it, in the place of the first', async () => {
    const { sink } = makeSink()
    const [a, b, c] = ['a', 'b', 'c'].map((id) => makeAlert({ id })) as [Alert, Alert, Alert]
    await sink.write([a, b], never)
    await sink.write([a, b, c], never)
    const [first, second] = stored()
    expect(second!.path).toBe(first!.path)
    expect(second!.alerts).toEqual([a, b, c])
  })

  it('gives equal bytes for equal batches', async () => {
    const { sink } = makeSink()
    await sink.write([makeAlert()], never)
    await sink.write([makeAlert()], never)
    expect(server.requests[1]!.bytes).toEqual(server.requests[0]!.bytes)
  })

  it('reads temporary credentials each time, and sends and signs their token', async () => {
    const { sink, world } = makeSink({ sessionTokenFile: 'token' })
    await sink.write([makeAlert()], never)
    world.secrets.set('key', 'CANARY-next')
    world.secrets.set('token', 'CANARY-token-next')
    await sink.write([makeAlert()], never)
    const [first, second] = server.requests
    expect(first!.headers['x-amz-security-token']).toBe('CANARY-token')
    expect(second!.headers['x-amz-security-token']).toBe('CANARY-token-next')
    expect(signatureProblem(first!, 'CANARY-key')).toBeUndefined()
    expect(signatureProblem(second!, 'CANARY-next')).toBeUndefined()
  })

  it('does not repeat a token that fits into no header', async () => {
    const { sink, world } = makeSink({ sessionTokenFile: 'token' })
    world.secrets.set('token', 'CANARY\nCANARY')
    const word = wordOf((await sink.write([makeAlert()], never))[0])
    expect(word).toMatch(
      /^retry sink\.unavailable: .*it holds a line break, or more than letters, digits and signs/,
    )
    expect(word).not.toContain('CANARY')
    expect(server.requests).toEqual([])
  })

  it('cuts objects by number, bytes and age', () => {
    const { sink } = makeSink({ maxItems: 10, maxBytes: 65_536, maxAgeSeconds: 7 })
    expect(sink.limits).toEqual({ maxItems: 10, maxBytes: 65_536, lingerMs: 7_000 })
  })

  const advice =
    '; check bucket, region, endpoint and access key, which needs s3:PutObject; the alerts are kept'
  it.each([
    [200, '', 'delivered'],
    [
      503,
      'SlowDown',
      'retry sink.unavailable: putting an object for sink lake: answered 503 SlowDown',
    ],
    [
      409,
      'OperationAborted',
      'retry sink.unavailable: putting an object for sink lake: answered 409 OperationAborted',
    ],
    [
      400,
      'RequestTimeout',
      'retry sink.unavailable: putting an object for sink lake: answered 400 RequestTimeout',
    ],
    [
      403,
      'AccessDenied',
      `retry sink.unavailable: putting an object for sink lake: answered 403 AccessDenied${advice}`,
    ],
    [
      404,
      'NoSuchBucket',
      `retry sink.unavailable: putting an object for sink lake: answered 404 NoSuchBucket${advice}`,
    ],
    [
      301,
      'PermanentRedirect',
      `retry sink.unavailable: putting an object for sink lake: answered 301 PermanentRedirect${advice}`,
    ],
  ])('takes the answer %i %s as: %s', async (status, code, expected) => {
    server.reply = () => ({
      status,
      body: `<Error><Code>${code}</Code><Message>CANARY</Message></Error>`,
    })
    const { sink } = makeSink()
    expect(wordOf((await sink.write([makeAlert()], never))[0])).toBe(expected)
  })

  it.each([
    [{ endpoint: undefined }, 'https://alerts.s3.eu-central-1.amazonaws.com/kubewitness/'],
    [
      { endpoint: undefined, bucket: 'my.alerts' },
      'https://s3.eu-central-1.amazonaws.com/my.alerts/kubewitness/',
    ],
    [
      { endpoint: 'https://s3.example.com/base/' },
      'https://s3.example.com/base/alerts/kubewitness/',
    ],
  ])('with %j puts to %s', async (options, expected) => {
    const asked: string[] = []
    const { world } = makeSink()
    const fetch: typeof globalThis.fetch = async (input) => {
      asked.push(String(input))
      return new Response()
    }
    const config = sinkConfigSchema.parse({
      name: 'lake',
      type: 's3',
      bucket: 'alerts',
      region: 'eu-central-1',
      accessKeyIdFile: 'id',
      secretAccessKeyFile: 'key',
      ...options,
    })
    await createSink(config, { ...world, fetch }).write([makeAlert()], never)
    expect(asked[0]).toContain(expected)
  })
})
