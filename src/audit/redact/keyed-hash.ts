import { createHmac, hash } from 'node:crypto'

const blockBytes = 64
const hashBytes = 32
/** What is longer is hashed in place, without a copy. */
const shortBytes = 4096

/**
 * HMAC-SHA-256 (RFC 2104) in hexadecimal digits. Of short values it is two hashes of bytes that stand ready behind the padded
 * keys, at half the cost of an object for each. No value stays in memory that is kept.
 */
export function createKeyedHash(key: Uint8Array): (value: Uint8Array) => string {
  const block = Buffer.alloc(blockBytes)
  block.set(key.length > blockBytes ? hash('sha256', key, 'buffer') : key)
  const inner = Buffer.alloc(blockBytes + shortBytes)
  const outer = Buffer.alloc(blockBytes + hashBytes)
  for (const [i, byte] of block.entries()) {
    inner[i] = byte ^ 0x36
    outer[i] = byte ^ 0x5c
  }
  return (value) => {
    if (value.length > shortBytes) return createHmac('sha256', key).update(value).digest('hex')
    const end = blockBytes + value.length
    inner.set(value, blockBytes)
    outer.set(hash('sha256', inner.subarray(0, end), 'buffer'), blockBytes)
    inner.fill(0, blockBytes, end)
    return hash('sha256', outer, 'hex')
  }
}
