import { type FileHandle, open } from 'node:fs/promises'
import { pipeline, Readable, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { KubewitnessError, messageOf } from '../../errors.ts'
import { errorCodeOf } from '../../util/error-code.ts'

export interface InputProgress {
  /** As stored: compressed bytes of a compressed file. */
  readonly bytesRead: number
  /** Undefined for what has no size: standard input, a pipe. */
  readonly totalBytes: number | undefined
}

export interface OpenInputOptions {
  /** What `-` means; the process's standard input when absent. */
  readonly stdin?: AsyncIterable<Uint8Array | string>
  readonly onProgress?: (progress: InputProgress) => void
  /**
   * The pieces of a file that is not compressed lie in the same memory, one after the other: each is over when the next one is
   * asked for. Memory outside of the heap that is taken for every piece makes the collector of garbage run. Default: no.
   */
  readonly reusesMemory?: boolean
}

/**
 * The bytes of a file, or of standard input for `-`, decompressed when they begin as gzip (RFC 1952) or zstd (RFC 8878)
 * does, whatever the name. Reads as fast as it is consumed; leaving the loop closes the file.
 * Throws `input.unreadable` when it cannot be read, or where compressed bytes break off: what came before was yielded.
 */
export async function* openInput(
  path: string,
  options: OpenInputOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const progress = { bytesRead: 0 }
  const memory: Memory = { reused: undefined }
  try {
    const { source, totalBytes } = await openSource(path, options, memory)
    const chunks = counted(source, (bytes) => {
      progress.bytesRead += bytes
      options.onProgress?.({ bytesRead: progress.bytesRead, totalBytes })
    })
    try {
      const head = await readHead(chunks)
      const decompress = decompressorFor(head)
      // A decompressor still has a piece when it asks for the next one.
      if (options.reusesMemory === true && decompress === undefined)
        memory.reused = Buffer.allocUnsafeSlow(chunkBytes)
      const bytes = prepended(head, chunks)
      yield* decompress === undefined ? bytes : decompressed(bytes, decompress)
    } finally {
      await chunks.return()
    }
  } catch (cause) {
    throw unreadable(path, progress.bytesRead, cause)
  }
}

/** What the next pieces of a file are read into; undefined: each into memory of its own. */
interface Memory {
  reused: Buffer | undefined
}

async function openSource(
  path: string,
  { stdin = process.stdin }: OpenInputOptions,
  memory: Memory,
): Promise<{ source: AsyncIterable<Uint8Array | string>; totalBytes: number | undefined }> {
  if (path === '-') return { source: stdin, totalBytes: undefined }
  const file = await open(path)
  try {
    const status = await file.stat()
    if (status.isDirectory()) throw new Error('it is a folder')
    return {
      source: piecesOf(file, memory),
      totalBytes: status.isFile() ? status.size : undefined,
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Closes the file at its end, and when the reader leaves. */
async function* piecesOf(file: FileHandle, memory: Memory): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const buffer = memory.reused ?? Buffer.allocUnsafeSlow(chunkBytes)
      const { bytesRead } = await file.read(buffer, 0, chunkBytes)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function* counted(
  source: AsyncIterable<Uint8Array | string>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    // Text comes only from a stream that someone gave an encoding.
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    onBytes(bytes.length)
    yield bytes
  }
}

/** What one chunk holds: a split remembers, within a chunk, values that recur. */
const chunkBytes = 256 * 1024

/** At least the four bytes that tell the formats apart, if there are so many. A pipe may give them one by one. */
async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head = Buffer.alloc(0)
  while (head.length < 4) {
    const { done, value } = await chunks.next()
    if (done) break
    head = Buffer.concat([head, value])
  }
  return head
}

function decompressorFor(head: Uint8Array): Transform | undefined {
  const [first, second, third, fourth] = head
  if (first === 0x1f && second === 0x8b) return createGunzip({ chunkSize: chunkBytes })
  if (first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd)
    return createZstdDecompress({ chunkSize: chunkBytes })
  return undefined
}

async function* prepended(
  head: Uint8Array,
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (head.length > 0) yield head
  yield* rest
}

async function* decompressed(
  bytes: AsyncIterable<Uint8Array>,
  decompress: Transform,
): AsyncGenerator<Uint8Array, void, undefined> {
  // Errors come out of the loop; the callback only keeps them from being thrown besides.
  yield* pipeline(Readable.from(bytes, { objectMode: false }), decompress, () => undefined)
}

function unreadable(path: string, bytesRead: number, cause: unknown): KubewitnessError {
  const name = path === '-' ? 'standard input' : path
  const code = String(errorCodeOf(cause) ?? '')
  if (code.startsWith('Z_') || code.startsWith('ZSTD_'))
    return new KubewitnessError(
      'input.unreadable',
      `cannot decompress ${name}: it breaks off or is damaged within its first ${bytesRead} bytes (${messageOf(cause)})`,
      { cause, next: 'get the file again; what came before was read' },
    )
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'this user may not read it',
  }
  return new KubewitnessError(
    'input.unreadable',
    `cannot read ${name}: ${reasons[code] ?? messageOf(cause)}`,
    { cause, next: 'give a readable file, or - for standard input' },
  )
}
