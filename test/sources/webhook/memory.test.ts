import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGzip, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const mebibyte = 1024 * 1024
let child: ChildProcess
let server: { host: string; port: number; ca: string; token: string; dataDirectory: string }

beforeEach(async () => {
  child = fork(join(import.meta.dirname, 'memory-process.ts'))
  const [started] = await once(child, 'message')
  const { address, caFile, dataDirectory } = started
  server = {
    ...address,
    dataDirectory,
    ca: await readFile(caFile, 'utf8'),
    token: (await readFile(join(dataDirectory, 'tokens', 'default'), 'utf8')).trim(),
  }
  // What the first request loads and compiles is no cost of a body.
  await send({}, [Buffer.from('{}')])
  await send({ 'content-encoding': 'gzip' }, [gzipSync('{}')])
})
afterEach(async () => {
  child.disconnect()
  await rm(server.dataDirectory, { recursive: true, force: true })
})

async function peakBytes(): Promise<number> {
  child.send('peak')
  const [answer] = await once(child, 'message')
  return answer.peakBytes
}

function send(headers: Record<string, string>, body: Iterable<Uint8Array>): Promise<number> {
  return new Promise((resolve, reject) => {
    const { ca, host, port, token } = server
    const outgoing = request(
      {
        host,
        port,
        ca,
        method: 'POST',
        path: '/audit/default',
        agent: false,
        headers: { authorization: `Bearer ${token}`, ...headers },
      },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    outgoing.on('error', reject)
    Readable.from(body).pipe(outgoing)
  })
}

function* zeros(bytes: number): Generator<Uint8Array> {
  const piece = Buffer.alloc(mebibyte)
  for (let sent = 0; sent < bytes; sent += piece.length) yield piece
}

async function bomb(bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of Readable.from(zeros(bytes)).pipe(createGzip())) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** 200 MB that say in their trailer to be 10 bytes. */
async function lyingBomb(): Promise<Buffer> {
  return Buffer.concat([await bomb(200 * mebibyte), gzipSync('0123456789')])
}

describe('the memory of the listener', () => {
  it.each([
    [
      '300 MiB with a stated length',
      { 'content-length': String(300 * mebibyte) },
      () => zeros(300 * mebibyte),
    ],
    ['300 MiB in chunks', { 'transfer-encoding': 'chunked' }, () => zeros(300 * mebibyte)],
    [
      'a gzip bomb of 200 MiB',
      { 'content-encoding': 'gzip' },
      async () => [await bomb(200 * mebibyte)],
    ],
  ])('grows by less than 64 MiB under %s, which is refused', async (_, headers, body) => {
    const before = await peakBytes()
    expect(await send(headers, await body())).toBe(413)
    expect((await peakBytes()) - before).toBeLessThan(64 * mebibyte)
  })

  it('grows by little more than the largest body under a gzip bomb that lies about its size', async () => {
    const before = await peakBytes()
    expect(await send({ 'content-encoding': 'gzip' }, [await lyingBomb()])).toBe(413)
    expect((await peakBytes()) - before).toBeLessThan(96 * mebibyte)
  })
})
