import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'

export interface CanaryHit {
  readonly file: string
  readonly canary: string
  /** Byte in the file, or in the decoded piece when `piece` is set. */
  readonly offset: number
  /** Which decoded piece of the file: `gzip`, `zstd`, or as the callback called it. */
  readonly piece?: string
  /** Up to 40 bytes on either side, unprintable ones as dots. */
  readonly context: string
}

/** What the bytes of a file hold in another form, for example a stored frame after unpacking. */
export interface DecodedPiece {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface CanarySearch {
  /** Files, or folders with everything below. */
  readonly paths: readonly string[]
  /** One canary a line; lines that begin with `#` and empty ones are none. */
  readonly canaryFile: string
  /** Called for every file; a store yields its records as they were before packing. */
  readonly decode?: (file: string) => Iterable<DecodedPiece> | AsyncIterable<DecodedPiece>
}

const chunkBytes = 16 * 1024 * 1024
const maxUnpackedBytes = 1024 * 1024 * 1024

/** Searches every byte for every canary: raw, unpacked when the whole file is gzip or zstd, and what `decode` yields. */
export async function findCanaries(search: CanarySearch): Promise<CanaryHit[]> {
  const canaries = readCanaries(search.canaryFile)
  const hits: CanaryHit[] = []
  for (const file of search.paths.flatMap(filesBelow)) {
    const longest = Math.max(...canaries.map((canary) => canary.length))
    for await (const { bytes, offset, fresh } of readChunks(file, longest - 1)) {
      hits.push(
        ...findIn(bytes, canaries, fresh).map((hit) => ({
          file,
          ...hit,
          offset: hit.offset + offset,
        })),
      )
    }
    for (const piece of unpackWhole(file)) hits.push(...findInPiece(file, piece, canaries))
    if (search.decode === undefined) continue
    for await (const piece of search.decode(file)) hits.push(...findInPiece(file, piece, canaries))
  }
  return hits
}

/** The canaries of a file. */
export function readCanaries(path: string): Buffer[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  const canaries = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (canaries.length === 0) throw new Error(`no canaries in ${path}`)
  return canaries.map((line) => Buffer.from(line))
}

function filesBelow(path: string): string[] {
  if (!existsSync(path)) throw new Error(`cannot search ${path}: it is not there`)
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry: Dirent) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Overlapping chunks; a hit that ends within the first `fresh` bytes was in the chunk before. */
async function* readChunks(
  file: string,
  overlap: number,
): AsyncGenerator<{ bytes: Buffer; offset: number; fresh: number }> {
  await using handle = await open(file)
  let kept: Buffer = Buffer.alloc(0)
  let offset = 0
  for (;;) {
    const buffer = Buffer.alloc(kept.length + chunkBytes)
    kept.copy(buffer)
    const { bytesRead } = await handle.read(buffer, kept.length, chunkBytes)
    if (bytesRead === 0) return
    const bytes = buffer.subarray(0, kept.length + bytesRead)
    yield { bytes, offset, fresh: kept.length }
    const keep = Math.min(overlap, bytes.length)
    offset += bytes.length - keep
    kept = bytes.subarray(bytes.length - keep)
  }
}

function* unpackWhole(file: string): Generator<DecodedPiece> {
  const bytes = statSync(file).size < maxUnpackedBytes ? readFileSync(file) : Buffer.alloc(0)
  const unpack = { maxOutputLength: maxUnpackedBytes }
  if (bytes.length > 4 && bytes.readUInt32LE(0) === 0xfd2fb528) {
    yield { name: 'zstd', bytes: zstdDecompressSync(bytes, unpack) }
  } else if (bytes.length > 4 && bytes.readUInt16BE(0) === 0x1f8b) {
    yield { name: 'gzip', bytes: gunzipSync(bytes, unpack) }
  }
}

function findInPiece(file: string, piece: DecodedPiece, canaries: readonly Buffer[]): CanaryHit[] {
  const bytes = Buffer.from(piece.bytes.buffer, piece.bytes.byteOffset, piece.bytes.byteLength)
  return findIn(bytes, canaries, 0).map((hit) => ({ file, piece: piece.name, ...hit }))
}

function findIn(
  bytes: Buffer,
  canaries: readonly Buffer[],
  fresh: number,
): Pick<CanaryHit, 'canary' | 'offset' | 'context'>[] {
  const hits = []
  for (const canary of canaries) {
    for (let at = bytes.indexOf(canary); at !== -1; at = bytes.indexOf(canary, at + 1)) {
      if (at + canary.length <= fresh) continue
      const around = bytes.toString('latin1', Math.max(0, at - 40), at + canary.length + 40)
      hits.push({
        canary: canary.toString(),
        offset: at,
        context: around.replaceAll(/[^\x20-\x7e]/g, '.'),
      })
    }
  }
  return hits.toSorted((a, b) => a.offset - b.offset)
}
