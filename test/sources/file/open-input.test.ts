import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type InputProgress,
  type OpenInputOptions,
  openInput,
} from '../../../src/sources/file/open-input.ts'

const text = Array.from({ length: 20_000 }, (_, i) => `{"auditID":"${i}"}\n`).join('')
const plain = Buffer.from(text)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kw-input-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

async function readAll(path: string, options?: OpenInputOptions): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of openInput(path, options)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe('an input', () => {
  it.each([
    ['plain', plain],
    ['gzip', gzipSync(plain)],
    [
      'two gzip members',
      Buffer.concat([gzipSync(plain.subarray(0, 99)), gzipSync(plain.subarray(99))]),
    ],
    ['zstd', zstdCompressSync(plain)],
    [
      'two zstd frames',
      Buffer.concat([
        zstdCompressSync(plain.subarray(0, 99)),
        zstdCompressSync(plain.subarray(99)),
      ]),
    ],
  ])('is read whatever its name: %s', async (_, bytes) => {
    expect(await readAll(await file('any.log', bytes))).toBe(text)
  })

  it('comes through standard input, even byte by byte', async () => {
    const bytes = gzipSync(plain)
    const pieces = [
      bytes.subarray(0, 1),
      bytes.subarray(1, 2),
      bytes.subarray(2, 3),
      bytes.subarray(3),
    ]
    expect(await readAll('-', { stdin: Readable.from(pieces) })).toBe(text)
  })

  it.each([0, 1, 3])('may be as short as %i bytes', async (length) => {
    expect(await readAll(await file('short', plain.subarray(0, length)))).toBe(
      text.slice(0, length),
    )
  })

  it('reports how far it has come, in bytes as stored', async () => {
    const bytes = zstdCompressSync(plain)
    const progress: InputProgress[] = []
    await readAll(await file('p.zst', bytes), { onProgress: (step) => progress.push(step) })
    expect(progress.at(-1)).toEqual({ bytesRead: bytes.length, totalBytes: bytes.length })
  })

  it('has no total when it comes through standard input', async () => {
    const progress: InputProgress[] = []
    await readAll('-', { stdin: Readable.from([plain]), onProgress: (step) => progress.push(step) })
    expect(progress).toEqual([{ bytesRead: plain.length, totalBytes: undefined }])
  })

  const long = Buffer.from(text.repeat(Math.ceil(2_000_000 / text.length)))

  it.each([
    ['plain', long, 2],
    ['gzip', gzipSync(long, { level: 0 }), Number.POSITIVE_INFINITY],
  ])('is read into the same memory again if that is asked for: %s', async (_, bytes, most) => {
    const digest = createHash('sha256')
    const memories = new Set<ArrayBufferLike>()
    let pieces = 0
    for await (const piece of openInput(await file('long', bytes), { reusesMemory: true })) {
      digest.update(piece)
      memories.add(piece.buffer)
      pieces += 1
    }
    expect(digest.digest('hex')).toBe(createHash('sha256').update(long).digest('hex'))
    expect(pieces).toBeGreaterThan(5)
    expect(memories.size).toBeLessThanOrEqual(most)
  })

  it('is read into memory of its own otherwise', async () => {
    const pieces: Uint8Array[] = []
    for await (const piece of openInput(await file('long', long))) pieces.push(piece)
    expect(Buffer.concat(pieces).equals(long)).toBe(true)
  })

  it('is closed when the reader leaves', async () => {
    const stdin = Readable.from([gzipSync(plain), gzipSync(plain)])
    for await (const chunk of openInput('-', { stdin })) if (chunk.length > 0) break
    expect(stdin.destroyed).toBe(true)
  })
})

describe('an input that cannot be read', () => {
  it('is named when there is no such file', async () => {
    const path = join(folder, 'absent')
    await expect(readAll(path)).rejects.toMatchObject({
      code: 'input.unreadable',
      message: `cannot read ${path}: there is no such file`,
    })
  })

  it('is named when it is a folder', async () => {
    await expect(readAll(folder)).rejects.toMatchObject({
      code: 'input.unreadable',
      message: `cannot read ${folder}: it is a folder`,
    })
  })

  it.each([
    ['gzip', gzipSync(plain)],
    ['zstd', zstdCompressSync(plain)],
  ])('gives what came before its end when it is cut short: %s', async (_, bytes) => {
    const path = await file('cut', bytes.subarray(0, -10))
    let read = ''
    const reading = (async () => {
      for await (const chunk of openInput(path)) read += Buffer.from(chunk).toString()
    })()
    await expect(reading).rejects.toMatchObject({
      code: 'input.unreadable',
      message: `cannot decompress ${path}: it breaks off or is damaged within its first ${bytes.length - 10} bytes (unexpected end of file)`,
    })
    expect(read.length).toBeGreaterThan(0)
    expect(text.startsWith(read)).toBe(true)
  })
})
