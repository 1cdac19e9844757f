import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib'

const compress = promisify(zstdCompress)
const options = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** zstd at level 1, on the thread pool. The same bytes give the same frame. */
export function pack(bytes: Uint8Array): Promise<Uint8Array> {
  return compress(bytes, options)
}

/** The bytes of a frame. Throws when they would be more than `maxBytes`, or when it is no frame. */
export function unpack(frame: Uint8Array, maxBytes: number): Uint8Array {
  return zstdDecompressSync(frame, { maxOutputLength: maxBytes })
}
