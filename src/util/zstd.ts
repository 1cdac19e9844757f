import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { release } from './release.ts'

const compress = promisify(zstdCompress)
const params = {
  [constants.ZSTD_c_compressionLevel]: 1,
  // A table of 32 KiB stays in the processor's first cache; batches get no larger by it.
  [constants.ZSTD_c_hashLog]: 13,
}
/** Above it compressing takes so long that other requests would notice. */
const maxInlineBytes = 4 << 20
/** An answer in one piece: batches shrink to a tenth and less. */
const chunkSize = 64 * 1024

/** zstd at level 1, in this thread. The same bytes give the same frame. */
export function packNow(bytes: Uint8Array): Uint8Array {
  // With room for the worst case zstd works on the bytes where they are, in one go, instead of copying them piece by piece.
  const roomy = zstdCompressSync(bytes, { chunkSize: mostPackedBytes(bytes.length), params })
  const frame = new Uint8Array(roomy)
  release(roomy)
  return frame
}

/** `ZSTD_compressBound` of zstd.h; never so little that it would share memory with others. */
function mostPackedBytes(bytes: number): number {
  return chunkSize + bytes + (bytes >> 8)
}

/** The same; what is large goes to the thread pool. */
export async function pack(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length <= maxInlineBytes) return packNow(bytes)
  return compress(bytes, { chunkSize, params })
}

/** The bytes of a frame. Throws when they would be more than `maxBytes`, or when it is no frame. */
export function unpack(frame: Uint8Array, maxBytes: number): Uint8Array {
  return zstdDecompressSync(frame, { maxOutputLength: maxBytes, chunkSize: 512 * 1024 })
}
