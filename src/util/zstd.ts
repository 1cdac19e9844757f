import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

const compress = promisify(zstdCompress)
const params = { [constants.ZSTD_c_compressionLevel]: 1 }
/** Above it compressing takes so long that other requests would notice. */
const maxInlineBytes = 4 << 20
/** An answer in one piece: batches shrink to a tenth and less. */
const chunkSize = 64 * 1024

/** zstd at level 1, in this thread. The same bytes give the same frame. */
export function packNow(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { chunkSize, params })
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
